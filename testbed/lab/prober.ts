/**
 * The prober: a client that keeps asking at a fixed rate, whatever happens to the answers, and
 * writes down when each attempt was due, when it ended and how. A process of its own, so that it can
 * run in the client's namespace or container: `node prober.ts OPTIONS_AS_JSON`.
 *
 * It prints JSON lines: `ready`, a `progress` every tenth of a second, and a `report` at the end,
 * which comes when the duration is over, or sooner when its standard input is closed.
 */
import { limits } from './limits.ts';
import { monotonicMs } from './monotonic.ts';
import {
  type Carrier,
  FreshConnections,
  KeptConnections,
  type ProbeTarget,
} from './probe-connections.ts';
import { Datagrams } from './probe-datagrams.ts';
import {
  echoProtocol,
  httpProtocol,
  type ProbeProtocol,
  webSocketProtocol,
} from './probe-protocol.ts';
import { type Attempt, type ProbeReport, reportOn } from './probe-report.ts';

/**
 * `http`: a connection per request. `keepalive`: persistent ones. `websocket`, `tcp`: persistent, an echo.
 * `udp`: datagrams, an echo.
 */
export const probeModes = ['http', 'keepalive', 'websocket', 'tcp', 'udp'] as const;
export type ProbeMode = (typeof probeModes)[number];

export interface ProbeOptions {
  readonly mode: ProbeMode;
  readonly address: string;
  readonly port: number;
  /** HTTP target; default `/`. */
  readonly path?: string;
  /** Between two attempts; default 5, at least {@link limits.probeEveryMinMs}. */
  readonly everyMs?: number;
  /** Default 500: a client that waited longer would count the kernel's retransmission timer. */
  readonly timeoutMs?: number;
  readonly durationMs: number;
  /** Persistent connections; default 8. */
  readonly connections?: number;
  /** Width of the report's slices; default 50. */
  readonly sliceMs?: number;
}

export type ProbeLine =
  | { readonly type: 'ready'; readonly atMs: number }
  | ({ readonly type: 'progress' } & ProbeProgress)
  | { readonly type: 'report'; readonly report: ProbeReport };

/** Counts since the line before. */
export interface ProbeProgress {
  readonly atMs: number;
  readonly ok: number;
  readonly failed: number;
  /** Since the last answer. */
  readonly silentMs: number;
  readonly servers: Readonly<Record<string, number>>;
}

const PROGRESS_EVERY_MS = 100;

/** Runs one prober; `stopped` ends it before its time. Throws a RangeError on options out of bounds. */
export async function probe(
  options: ProbeOptions,
  stopped: AbortSignal,
  write: (line: ProbeLine) => void,
): Promise<ProbeReport> {
  const { everyMs = 5, timeoutMs = 500, durationMs, mode, sliceMs = 50 } = options;
  checkBounds(options, everyMs);
  const carrier = openCarrier(options, { timeoutMs, ...options }, everyMs);
  const attempts: Attempt[] = [];
  const progress = new Progress();
  const startedAtMs = monotonicMs();
  write({ type: 'ready', atMs: startedAtMs });
  const ticker = setInterval(() => write(progress.line()), PROGRESS_EVERY_MS);
  let started = 0;
  let latenessMs = 0;
  const record = (attempt: Attempt) => {
    attempts.push(attempt);
    progress.add(attempt);
  };
  const { cutShort } = await schedule(everyMs, startedAtMs, durationMs, stopped, (dueMs) => {
    latenessMs = Math.max(latenessMs, monotonicMs() - dueMs);
    carrier.attempt(started, dueMs, record);
    started += 1;
  });
  const endedAtMs = monotonicMs();
  await settled(() => attempts.length === started, timeoutMs + everyMs * 4);
  clearInterval(ticker);
  carrier.close();
  write(progress.line());
  const brokenConnections = carrier.broken;
  const times = { startedAtMs, endedAtMs, latenessMs, sliceMs };
  return reportOn(attempts, { mode, ...times, brokenConnections, cutShort });
}

function checkBounds(options: ProbeOptions, everyMs: number): void {
  if (options.durationMs > limits.probeDurationMaxMs) {
    throw new RangeError(`a prober runs at most ${limits.probeDurationMaxMs} ms`);
  }
  if (everyMs < limits.probeEveryMinMs) {
    throw new RangeError(`attempts at least ${limits.probeEveryMinMs} ms apart`);
  }
  if ((options.connections ?? 1) > limits.probeConnectionsMax) {
    throw new RangeError(`at most ${limits.probeConnectionsMax} connections`);
  }
}

function openCarrier(options: ProbeOptions, target: ProbeTarget, everyMs: number): Carrier {
  const { mode, address, path = '/', connections = 8 } = options;
  const host = address.includes(':') ? `[${address}]` : address;
  const kept = (protocol: ProbeProtocol) =>
    new KeptConnections(target, protocol, connections, everyMs);
  switch (mode) {
    case 'http':
      return new FreshConnections(target, httpProtocol(host, path));
    case 'keepalive':
      return kept(httpProtocol(host, path));
    case 'websocket':
      return kept(webSocketProtocol(host));
    case 'tcp':
      return kept(echoProtocol);
    case 'udp':
      return new Datagrams(target, connections);
  }
}

/**
 * Calls `begin` for every due time. Attempts that a late timer missed are begun at once with the due
 * time they had: leaving them out would hide exactly the moments in which the machine was slow.
 */
function schedule(
  everyMs: number,
  startMs: number,
  durationMs: number,
  stopped: AbortSignal,
  begin: (dueMs: number) => void,
): Promise<{ readonly cutShort: boolean }> {
  return new Promise((resolve) => {
    let count = 0;
    const turn = () => {
      const now = monotonicMs();
      const endMs = startMs + durationMs;
      for (; startMs + count * everyMs <= Math.min(now, endMs); count++) {
        if (count >= limits.probeAttemptsMax) return resolve({ cutShort: true });
        begin(startMs + count * everyMs);
      }
      if (stopped.aborted || now >= endMs) resolve({ cutShort: false });
      else setTimeout(turn, Math.max(0, startMs + count * everyMs - monotonicMs()));
    };
    turn();
  });
}

async function settled(condition: () => boolean, atMostMs: number): Promise<void> {
  const deadline = monotonicMs() + atMostMs;
  while (!condition() && monotonicMs() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

class Progress {
  #ok = 0;
  #failed = 0;
  #servers: Record<string, number> = {};
  #lastOkMs = monotonicMs();

  add({ outcome, server, endMs }: Attempt): void {
    if (outcome !== 'ok') {
      this.#failed += 1;
      return;
    }
    this.#ok += 1;
    this.#lastOkMs = endMs;
    this.#servers[server] = (this.#servers[server] ?? 0) + 1;
  }

  line(): ProbeLine {
    const atMs = monotonicMs();
    const counts = { ok: this.#ok, failed: this.#failed, servers: this.#servers };
    this.#ok = 0;
    this.#failed = 0;
    this.#servers = {};
    return { type: 'progress', atMs, silentMs: atMs - this.#lastOkMs, ...counts };
  }
}

if (import.meta.main) {
  const stop = new AbortController();
  process.stdin.on('end', () => stop.abort()).resume();
  const write = (line: ProbeLine) => process.stdout.write(`${JSON.stringify(line)}\n`);
  const report = await probe(JSON.parse(process.argv[2]!) as ProbeOptions, stop.signal, write);
  write({ type: 'report', report });
  process.stdin.destroy();
}
