import type { OrderedServer } from '../../../proxy/index.ts';
import { parseDuration } from '../../config/index.ts';
import type { BalancerReport } from '../../control/balancer-report.ts';
import type { CliCommand, Invocation } from '../command.ts';
import { drainedText, leftText, nameOf } from '../views/server-view.ts';

/** Time between two looks, ms. */
const LOOK_EVERY_MS = 500;

/** `tandem drain`: a server gets no new work. */
export const drain: CliCommand = {
  name: 'drain',
  summary: 'give a server no new work, and wait for what it has',
  group: 'Operation',
  details: `SERVER is host:port as \`tandem status\` shows it, or the host alone for all its
ports. What it has goes on: requests, WebSockets, TCP sessions. Clients that belong to
it by a sticky cookie go on coming, and so do UDP clients that go on sending: for those,
that nothing is left is true of that moment. Waits until nothing is left on it; Ctrl-C
ends the waiting, never the drain.

It lasts until \`tandem undrain\`, also when the balancer is restarted, not when the
host is. Each host of a pair has its own servers: drain on both.

  tandem drain 198.51.100.21:80
  tandem drain 198.51.100.21 --upstream api --timeout 5m

Exit status 0: nothing is left on it (or it drains, with --no-wait). 1: no such server,
or something was left. 2: wrong command line.`,
  shared: ['config', 'node', 'json'],
  arguments: [['<server>', 'host:port, or host']],
  options: [
    ['--upstream <name>', 'in this upstream only (default: in all)'],
    ['--no-wait', 'end as soon as it gets no new work'],
    ['--timeout <duration>', 'wait no longer than this, such as 5m'],
  ],
  async run(invocation) {
    const { output, options, json } = invocation;
    const { timeout } = options;
    const limit = typeof timeout === 'string' ? parseDuration(timeout) : null;
    if (limit !== null && !limit.ok) {
      output.note(
        `--timeout: found ${JSON.stringify(timeout)}; needed: a duration such as 30s, 15m or 1h`,
      );
      return 2;
    }
    const { changeServer } = await import('../server-change.ts');
    const answer = await changeServer(invocation, { drain: '1' }, drainedText);
    if (typeof answer === 'number') return answer;
    const waits = options.wait !== false;
    const left = waits
      ? await wait(answer.servers, limit?.value ?? Number.POSITIVE_INFINITY, invocation)
      : null;
    if (json) output.json({ ...answer, left });
    return left === 0 || !waits ? 0 : 1;
  },
};

/** How much is left on them in the end; null: it cannot be known any more. */
async function wait(
  servers: readonly OrderedServer[],
  timeoutMs: number,
  { env, json, output }: Invocation,
): Promise<number | null> {
  const { setTimeout: delay } = await import('node:timers/promises');
  const { askHalf, socketOf } = await import('../halves.ts');
  const stopped = new AbortController();
  const { signal } = stopped;
  const stop = () => stopped.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const until = performance.now() + timeoutMs;
  try {
    for (;;) {
      const half = await askHalf<BalancerReport>(socketOf(env, 'proxy'));
      if ('absent' in half) {
        output.note(`the balancer does not answer any more: ${half.absent}`);
        return null;
      }
      const left = leftOn(servers, half.status);
      if (typeof left === 'string') {
        output.note(left);
        return null;
      }
      const restMs = until - performance.now();
      if (left === 0 || signal.aborted || restMs <= 0) {
        if (!json) tellEnd(left, signal.aborted, output);
        return left;
      }
      if (!json) output.progress.show(leftText(left));
      await delay(Math.min(LOOK_EVERY_MS, restMs), undefined, { signal }).catch(() => {});
    }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** A text: it cannot be known any more. */
function leftOn(servers: readonly OrderedServer[], { upstreams }: BalancerReport): number | string {
  let left = 0;
  for (const one of servers) {
    const upstream = upstreams.find(({ name }) => name === one.upstream);
    const now = upstream?.servers.find(({ server }) => server === one.server);
    if (now === undefined) {
      return `${nameOf(one)} is no server any more; what it still has goes on, and is not seen here`;
    }
    if (!now.draining) return `${nameOf(one)} does not drain any more: somebody has undrained it`;
    left += now.totals.inFlight;
  }
  return left;
}

function tellEnd(left: number, aborted: boolean, output: Invocation['output']): void {
  if (left === 0) output.line('drained: nothing is left on it');
  else {
    const why = aborted ? 'not waiting any more' : 'not drained within --timeout';
    output.note(`${why}; the drain goes on: ${leftText(left)}`);
  }
}
