import { parseDuration } from '../../config/index.ts';
import type { AgentReport } from '../../control/agent-report.ts';
import type { CliCommand, ExitStatus, Invocation } from '../command.ts';
import type { Rehearsal } from '../rehearsal.ts';

/** How long the addresses stay with the other host, unless it is said. */
const STAY_MS = 10_000;
const STAY_MAX_MS = 3_600_000;

/** `tandem drill`: a planned switch and back, on the running pair. */
export const drill: CliCommand = {
  name: 'drill',
  summary: 'rehearse a planned switch on this pair: to the other host and back',
  group: 'Operation',
  details: `Says whether the addresses could go to the other host and come back, and with
--yes has them do so: by agreement, as \`tandem handover\` does it, so that no
connection breaks. Nothing is given away that would not come back by itself: run it
on the better node, when it is Active for everything.

  tandem drill                       look, and do nothing
  tandem drill --yes                 there, ten seconds, and back
  tandem drill --yes --stay 5m       the same with five minutes

What a crash does is not for a pair in use: \`npm run drill\` in a checkout breaks a
pair of its own on purpose. Ctrl-C brings the addresses back at once.

Exit status 0: it could be (or, with --yes, everything came back by agreement).
1: it cannot be, or something had to be taken back. 2: wrong command line.`,
  shared: ['config', 'node', 'json'],
  options: [
    ['--yes', 'do it'],
    ['--stay <duration>', 'how long the other host has the addresses (default: 10s)'],
  ],
  async run(invocation) {
    const { output, options, env, json } = invocation;
    const stayMs = stayOf(options.stay);
    if (typeof stayMs === 'string') {
      output.note(stayMs);
      return 2;
    }
    const { askHalf, socketOf } = await import('../halves.ts');
    const { obstacles } = await import('../rehearsal.ts');
    const half = await askHalf<AgentReport>(socketOf(env, 'keepalive'));
    if ('absent' in half) {
      output.note(`agent: ${half.absent}`);
      return 1;
    }
    const found = nodeObstacle(invocation, half.status) ?? obstacles(half.status);
    if (found.length > 0) {
      if (json) output.json({ possible: false, obstacles: found });
      else for (const text of found) output.note(text);
      return 1;
    }
    if (options.yes === true) return rehearseHere(half.status, stayMs, invocation);
    if (json) output.json({ possible: true, obstacles: [] });
    else tellPlan(half.status, stayMs, invocation);
    return 0;
  },
};

/** Milliseconds; a text says what is wrong. */
function stayOf(given: unknown): number | string {
  if (typeof given !== 'string') return STAY_MS;
  const parsed = parseDuration(given);
  if (parsed.ok && parsed.value <= STAY_MAX_MS) return parsed.value;
  return `--stay: found ${JSON.stringify(given)}; needed: a duration such as 10s or 5m, at most 1h`;
}

function nodeObstacle({ node }: Invocation, status: AgentReport): readonly string[] | null {
  if (node === undefined || node === status.node) return null;
  return [`--node: found ${node}; the agent here runs as ${status.node}; nothing was done`];
}

function tellPlan({ routers, pair }: AgentReport, stayMs: number, { output }: Invocation): void {
  const names = routers.map(({ name }) => name).join(', ');
  output.line(`${names}: can go to ${pair?.peer} by agreement, and come back`);
  for (const { name, handoverBreaks } of routers) {
    if (handoverBreaks.length === 0) continue;
    output.note(
      `${name}: connections of ${handoverBreaks.join(', ')} would break: bound to the addresses`,
    );
  }
  output.line(`nothing was done; \`tandem drill --yes\` does it, with ${stayMs / 1000} s there`);
}

async function rehearseHere(
  status: AgentReport,
  stayMs: number,
  { env, output, json }: Invocation,
): Promise<ExitStatus> {
  const { askHalf, orderAgent, socketOf } = await import('../halves.ts');
  const { rehearse } = await import('../rehearsal.ts');
  const socket = socketOf(env, 'keepalive');
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const result = await rehearse(status, {
      ask: () => askHalf<AgentReport>(socket),
      handOver: () => orderAgent(socket, '/handover', {}),
      release: () => orderAgent(socket, '/hold', { on: '0' }),
      ...{ stayMs, signal: stopped.signal },
      onStep: (text) => {
        if (!json) output.line(text);
      },
    });
    if (typeof result === 'string') {
      output.note(result);
      return 1;
    }
    if (json) output.json(result);
    else tellReturns(result, { output });
    return result.returns.every(({ agreed }) => agreed) ? 0 : 1;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

function tellReturns({ returns, peer }: Rehearsal, { output }: Pick<Invocation, 'output'>): void {
  for (const { router, afterMs, agreed } of returns) {
    if (afterMs === null) {
      output.note(`${router}: has not come back; \`tandem handover\` on ${peer} sends it`);
    } else if (agreed) output.line(`${router}: back by agreement after ${afterMs.toFixed(0)} ms`);
    else
      output.note(
        `${router}: back after ${afterMs.toFixed(0)} ms, without an agreement: connections broke`,
      );
  }
}
