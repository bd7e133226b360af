import type { HandoverResult, RouterStatus } from '../../../keepalive/index.ts';
import { parseDuration } from '../../config/index.ts';
import type { AgentReport } from '../../control/agent-report.ts';
import type { CliCommand, ExitStatus, Invocation } from '../command.ts';
import type { WatchEnd } from '../drain-watch.ts';
import type { Half } from '../halves.ts';
import { drainText } from '../views/drain-view.ts';
import {
  isDrained,
  notActiveText,
  resultText,
  wasGiven,
  watchEndTexts,
  yieldedText,
} from '../views/handover-view.ts';
import { guarded } from '../views/told.ts';

/** What was ordered and what came of it. */
interface Outcome {
  readonly results: readonly HandoverResult[];
  /** Names of routers whose connections end here. */
  readonly draining: readonly string[];
  /** Null: nobody waited. */
  readonly end: WatchEnd | null;
}

/** `tandem handover`: gives the virtual addresses to the other host. */
export const handover: CliCommand = {
  name: 'handover',
  summary: 'give the virtual addresses to the other host, and let connections end here',
  group: 'Operation',
  details: `Gives the addresses of all virtual routers that this host is Active for, or of
those named, to the other host by agreement. No connection breaks: new ones go to
the other host, and those that are here go on here until they end, or until
drain_timeout. Then waits for that end. Ctrl-C ends the waiting, never the drain.

The addresses stay with the other host while that one is well, until it hands over
or \`tandem hold --release\` here. Needs \`pair\`; what a handover cannot do and what
clients see is in docs/HANDOVER.md.

  tandem handover                      all of them, and wait
  tandem handover web --timeout 15m    one of them, and wait no longer than that
  tandem handover --no-wait            do not wait

Exit status 0: given, and every connection has ended (or given, with --no-wait).
1: refused, nothing to give here, or connections were left. 2: wrong command line.`,
  shared: ['config', 'node', 'json'],
  arguments: [['[router...]', 'virtual routers (default: all that this host is Active for)']],
  options: [
    ['--no-wait', 'end as soon as the other host has the addresses'],
    ['--timeout <duration>', 'wait no longer than this, such as 15m'],
  ],
  async run(invocation) {
    const { output, options, env } = invocation;
    const timeoutMs = timeoutOf(options.timeout);
    if (typeof timeoutMs === 'string') {
      output.note(timeoutMs);
      return 2;
    }
    const { askHalf, socketOf } = await import('../halves.ts');
    const socket = socketOf(env, 'keepalive');
    const ask = async (): Promise<Half<AgentReport>> => {
      const half = await askHalf<AgentReport>(socket);
      return 'absent' in half ? half : { status: guarded(half.status).report };
    };
    const before = await ask();
    if ('absent' in before) {
      output.note(`agent: ${before.absent}`);
      return 1;
    }
    if (invocation.node !== undefined && invocation.node !== before.status.node) {
      output.note(
        `--node: found ${invocation.node}; the agent here runs as ${before.status.node}; nothing was done`,
      );
      return 1;
    }
    return handOver(socket, ask, { invocation, timeoutMs });
  },
};

/** Milliseconds, null without one; a text says what is wrong. */
function timeoutOf(given: unknown): number | null | string {
  if (typeof given !== 'string') return null;
  const parsed = parseDuration(given);
  if (parsed.ok) return parsed.value;
  return `--timeout: found ${JSON.stringify(given)}; needed: a duration such as 30s, 15m or 1h`;
}

type Ask = Parameters<typeof import('../drain-watch.ts').watchDrains>[0]['ask'];

async function handOver(
  socket: string,
  ask: Ask,
  { invocation, timeoutMs }: { invocation: Invocation; timeoutMs: number | null },
): Promise<ExitStatus> {
  const { args, options, output, json } = invocation;
  const { orderAgent } = await import('../halves.ts');
  const query: Record<string, string> = args.length === 0 ? {} : { routers: args.join(',') };
  const ordered = await orderAgent<{ readonly results: readonly HandoverResult[] }>(
    socket,
    '/handover',
    query,
  );
  if (!ordered.ok) {
    output.note(ordered.error);
    return ordered.wrong ? 2 : 1;
  }
  const { results } = ordered.result;
  const after = await ask();
  if ('absent' in after) {
    output.note(`agent: ${after.absent}`);
    return 1;
  }
  const asked = after.status.routers.filter(({ name }) => args.length === 0 || args.includes(name));
  const given = new Set(results.flatMap((one) => (one.outcome === 'given' ? one.routers : [])));
  const draining = after.status.routers
    .filter((one) => given.has(one.name) || (wasGiven(one) && asked.includes(one)))
    .map(({ name }) => name);
  if (!json) tellResults(results, asked, after.status, invocation);
  const waits = options.wait !== false && draining.length > 0;
  const end = waits ? await wait(draining, ask, { timeoutMs, invocation }) : null;
  const outcome = { results, draining, end };
  if (json) output.json(outcome);
  else tellEnd(outcome, after.status, invocation);
  return exitStatus(outcome, asked, invocation);
}

const STAYS =
  'nothing moved, and nothing was broken; to move it all the same, stop the agent here ' +
  '(systemctl stop tandem-keepalive): without an agreement that breaks every connection';

function tellResults(
  results: readonly HandoverResult[],
  asked: readonly RouterStatus[],
  status: AgentReport,
  { args, output }: Invocation,
): void {
  for (const result of results) {
    if (result.outcome === 'given') output.line(resultText(result));
    if (result.outcome === 'refused') {
      output.note(resultText(result));
      output.note(STAYS);
    }
  }
  // Whoever asks for all means those that are here.
  const others = results.every(({ outcome }) => outcome === 'not-active') || args.length > 0;
  if (!others) return;
  const elsewhere = results.flatMap((one) => (one.outcome === 'not-active' ? one.routers : []));
  for (const router of asked) {
    if (elsewhere.includes(router.name)) output.note(notActiveText(router, status));
  }
}

async function wait(
  routers: readonly string[],
  ask: Ask,
  { timeoutMs, invocation }: { timeoutMs: number | null; invocation: Invocation },
): Promise<WatchEnd> {
  const { output, json } = invocation;
  const { watchDrains } = await import('../drain-watch.ts');
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await watchDrains({
      ...{ routers, ask, timeoutMs, signal: stopped.signal },
      onLook: (left) => {
        if (!json) output.progress.show(drainText(left));
      },
    });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

function tellEnd({ draining, end }: Outcome, status: AgentReport, { output }: Invocation): void {
  const names = new Set(draining);
  const mine = status.routers.filter(({ name }) => names.has(name));
  if (end !== null) {
    const texts = watchEndTexts(end);
    for (const text of texts) {
      if (isDrained(end)) output.line(text);
      else output.note(text);
    }
  }
  const yielded = yieldedText(mine, status.pair?.peer ?? 'the peer');
  if (yielded !== null) output.note(yielded);
}

function exitStatus(
  { results, draining, end }: Outcome,
  asked: readonly RouterStatus[],
  { args, options }: Invocation,
): ExitStatus {
  if (results.some(({ outcome }) => outcome === 'refused') || draining.length === 0) return 1;
  // Whoever asks for all means those that are here; who names one means it.
  if (args.length > 0 && asked.some(({ name }) => !draining.includes(name))) return 1;
  if (options.wait === false) return 0;
  return end !== null && isDrained(end) ? 0 : 1;
}
