/**
 * The clients of a handover drill, a process of their own in the client's network: `node main.ts PLAN`,
 * PLAN as JSON. Prints JSON lines: `ready` when every client has had an answer, its `pauses` when standard
 * input has an empty line, and a `report`, which comes when that has a {@link Request}, when it is closed, or
 * when the time is over.
 */
import { createInterface } from 'node:readline';
import { BulkTransfers } from './bulk-client.ts';
import type { ClientOptions, Load } from './client.ts';
import { FreshRequests, Http1Client } from './http1-client.ts';
import { Http2Client } from './http2-client.ts';
import { type KindReport, Ledger, type Window } from './ledger.ts';
import { limits } from './limits.ts';
import { type Pause, Pauses, watchPauses } from './pauses.ts';
import { bulkPace, type LoadKind, type LoadPlan } from './plan.ts';
import { TcpClient } from './tcp-client.ts';
import { WebSocketClient } from './websocket-client.ts';

/** What the process tells at the end. */
export interface LoadReport {
  readonly kinds: readonly KindReport[];
}

/** What the report is to be about. */
export interface Request {
  readonly windows: Readonly<Record<string, Window>>;
  /** Of the machine, and of all load processes: while one works in real time, who serves the others waits. */
  readonly pauses: readonly Pause[];
}

const NOTHING: Request = { windows: {}, pauses: [] };

export type LoadLine =
  | { readonly type: 'ready' }
  | { readonly type: 'pauses'; readonly pauses: readonly Pause[] }
  | { readonly type: 'report'; readonly report: LoadReport };

/** Clients of one kind, spread over the opening time. */
function clientsOf(kind: LoadKind, plan: LoadPlan, ledger: Ledger): readonly Load[] {
  const { address, size, lifeMs } = plan;
  const several = (count: number, everyMs: number, make: (options: ClientOptions) => Load) =>
    Array.from({ length: count }, (_, index) => {
      const offsetMs = (index * limits.openingMs) / count;
      const life = lifeMs === undefined ? {} : { lifeMs: lifeMs * lifeShare(index) };
      return make({ address, ledger, everyMs, offsetMs, ...life });
    });
  const half = { plain: Math.ceil(size.http1 / 2), tls: Math.floor(size.http1 / 2) };
  switch (kind) {
    case 'http1':
      return several(half.plain, limits.http1EveryMs, (it) => new Http1Client(it, false));
    case 'http1-tls':
      return several(half.tls, limits.http1EveryMs, (it) => new Http1Client(it, true));
    case 'websocket': {
      let tls = false;
      return several(size.websockets, limits.messageEveryMs, (it) => {
        tls = !tls;
        return new WebSocketClient(it, tls);
      });
    }
    case 'http2':
      return several(size.http2, limits.http2EveryMs, (it) => new Http2Client(it));
    case 'tcp':
      return several(size.tcp, limits.tcpEveryMs, (it) => new TcpClient(it));
    case 'fresh':
      return [new FreshRequests(address, ledger)];
    case 'download':
    case 'upload': {
      const bulk = { address, ledger, bytes: size.bulkBytes, pace: bulkPace(plan) };
      return [new BulkTransfers(kind, bulk)];
    }
  }
}

/** From half to one and a half, so that clients that came one after the other do not leave so. */
function lifeShare(index: number): number {
  return 0.5 + ((index * GOLDEN_RATIO) % 1);
}

const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;

/** Runs the load; `request` resolves when it is to end. Rejects when the clients never all had an answer. */
async function runLoad(
  plan: LoadPlan,
  request: Promise<Request>,
  pauses: Pauses,
  onReady: () => void,
): Promise<LoadReport> {
  const stopWatching = watchPauses(pauses);
  const ledgers = plan.kinds.map((kind) => new Ledger(kind));
  const loads = ledgers.flatMap((ledger) => clientsOf(ledger.kind, plan, ledger));
  const notReady = new Promise<never>((_, reject) => {
    setTimeout(() => {
      const incidents = ledgers.flatMap((ledger) => ledger.report({}, pauses).incidents);
      reject(new Error(`clients without an answer: ${JSON.stringify(incidents)}`));
    }, limits.readyTimeoutMs).unref();
  });
  await Promise.race([Promise.all(loads.map((load) => load.start())), notReady]);
  onReady();
  const asked = await request;
  await Promise.all(loads.map((load) => load.finish()));
  stopWatching();
  const notOurs = pauses.with(asked.pauses);
  return { kinds: ledgers.map((ledger) => ledger.report(asked.windows, notOurs)) };
}

if (import.meta.main) {
  const plan = JSON.parse(process.argv[2]!) as LoadPlan;
  const write = (line: LoadLine) => process.stdout.write(`${JSON.stringify(line)}\n`);
  setTimeout(() => process.exit(1), plan.durationMaxMs).unref();
  const pauses = new Pauses();
  const request = new Promise<Request>((resolve) => {
    createInterface({ input: process.stdin })
      .on('line', (line) => {
        if (line === '') write({ type: 'pauses', pauses: pauses.all });
        else resolve(JSON.parse(line) as Request);
      })
      // Whoever started it is gone: there is nobody to report to.
      .on('close', () => resolve(NOTHING));
  });
  const report = await runLoad(plan, request, pauses, () => write({ type: 'ready' }));
  process.stdout.write(`${JSON.stringify({ type: 'report', report })}\n`, () => process.exit(0));
}
