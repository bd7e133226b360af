import type { TrackerReading } from '../../../keepalive/index.ts';
import { type CheckedFile, checkFile } from '../../config/index.ts';
import type { AgentReport } from '../../control/agent-report.ts';
import type { BalancerReport } from '../../control/balancer-report.ts';
import type { CliCommand, ExitStatus, Invocation } from '../command.ts';
import type { Half } from '../halves.ts';
import { defaultConfigPath } from '../program.ts';
import { agentView } from '../views/agent-view.ts';
import { balancerView } from '../views/balancer-view.ts';
import { guarded, told } from '../views/told.ts';

/** Time between two looks of `--watch`, ms. */
const WATCH_EVERY_MS = 1_000;

/** `tandem status`: what this host is doing right now. */
export const status: CliCommand = {
  name: 'status',
  summary: 'who is Active and why; listeners, upstreams, servers',
  group: 'Operation',
  details: `Asks the running halves over their sockets in the runtime directory
(TANDEM_RUNTIME_DIR, default /run/tandem). Exit status 1 when neither half answers, or
one that runs is not well: the agent out of the election, the balancer not ready.
It says, too, when the config file is not what they run with. With --node, exit
status 1 when the agent runs as another node.

--watch shows it again every second until Ctrl-C, with what comes in a second; with
--json a line each time. The exit status is that of the last look.

--follow prints one line per event, with --json as the agent writes them, until the
agent ends (exit status 1) or you do.`,
  shared: ['config', 'node', 'json'],
  options: [
    ['--watch', 'show it again every second'],
    ['--follow', "go on printing the agent's events as they happen (docs/EVENTS.md)"],
  ],
  async run(invocation) {
    const { options, json, output } = invocation;
    if (options.follow === true) return follow(invocation);
    if (options.watch === true) return watch(invocation);
    const { text, notes, whole, exit } = await look(invocation);
    if (json) output.json(whole);
    else output.line(text);
    for (const note of notes) output.note(note);
    return exit;
  },
};

/** What both halves answered, once. */
interface Look {
  readonly text: string;
  readonly notes: readonly string[];
  /** As JSON. */
  readonly whole: object;
  readonly balancer: Half<BalancerReport>;
  readonly exit: ExitStatus;
}

async function look(invocation: Invocation): Promise<Look> {
  const { askHalf, socketOf } = await import('../halves.ts');
  const [agent, balancer] = await Promise.all([
    askHalf<AgentReport>(socketOf(invocation.env, 'keepalive')),
    askHalf<BalancerReport>(socketOf(invocation.env, 'proxy')),
  ]);
  return describe(agent, balancer, invocation);
}

async function watch(invocation: Invocation): Promise<ExitStatus> {
  const { json, output } = invocation;
  const { setTimeout: delay } = await import('node:timers/promises');
  const { ratesText } = await import('../views/rates-view.ts');
  const stopped = new AbortController();
  const { signal } = stopped;
  const stop = () => stopped.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const ended = new Promise<null>((resolve) => {
    signal.addEventListener('abort', () => resolve(null));
  });
  let before: BalancerReport | null = null;
  let last: ExitStatus = 1;
  try {
    for (;;) {
      // A half that hangs is not waited for.
      const seen = await Promise.race([look(invocation), ended]);
      if (seen === null) return last;
      const { text, notes, whole, balancer, exit } = seen;
      last = exit;
      const now = 'status' in balancer ? balancer.status : null;
      const rates = now === null ? '' : told(() => ratesText(before, guarded(now).report), '');
      before = now === null ? null : guarded(now).report;
      const head = `${new Date().toTimeString().slice(0, 8)}  ${rates}`.trimEnd();
      if (json) output.line(JSON.stringify(whole));
      else output.screen.show([head, ...notes, '', text].join('\n'));
      await delay(WATCH_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    output.screen.close();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

async function follow({ env, json, output }: Invocation): Promise<ExitStatus> {
  const { absence, socketOf } = await import('../halves.ts');
  const { readEvents } = await import('../../control/event-client.ts');
  const { eventView } = await import('../views/event-view.ts');
  const socket = socketOf(env, 'events');
  try {
    await readEvents(socket, (line) => output.line(json ? line : eventView(JSON.parse(line))));
    output.note('the agent has ended');
  } catch (error) {
    output.note(`agent: ${absence(socket, error as NodeJS.ErrnoException)}`);
  }
  return 1;
}

function isReady(status: BalancerReport): boolean {
  return guarded(status).report.readiness.ready;
}

function digestsDiffer(agent: Half<AgentReport>, balancer: Half<BalancerReport>): boolean {
  if (!('status' in agent && 'status' in balancer)) return false;
  const [one, other] = [agent.status.digest, balancer.status.digest];
  return one !== undefined && other !== undefined && one !== other;
}

const isProxy = (tracker: TrackerReading) => tracker.kind === 'proxy';

/** A half as text, with what the file has to say about it. */
function halfText<Status extends { readonly digest?: string }>(
  name: 'agent' | 'balancer',
  half: Half<Status>,
  view: (status: Status) => string,
  file: CheckedFile,
): string {
  if ('status' in half) {
    const text = view(half.status);
    const { digest: runs } = half.status;
    const same = file.digest === '' || runs === undefined || file.digest === runs;
    const digest = file.digest.slice(0, 12);
    const what = `it does not run with ${file.file} as it is now (config ${digest})`;
    return same ? text : `${text}\n\n${name}: ${what}`;
  }
  const section = name === 'agent' ? 'virtual_routers' : 'listeners';
  const unwanted = file.config !== null && Object.keys(file.config[section]).length === 0;
  const why = unwanted ? `; ${file.file} has no ${section}, so none is needed` : '';
  return `${name}: ${half.absent}${why}`;
}

function describe(
  agent: Half<AgentReport>,
  balancer: Half<BalancerReport>,
  { configPath, node }: Invocation,
): Look {
  const file = checkFile(configPath);
  const config = { file: file.file, digest: file.digest === '' ? null : file.digest };
  const view = (status: BalancerReport) => balancerView(status, Date.now());
  const texts = [
    halfText('agent', agent, agentView, file),
    halfText('balancer', balancer, view, file),
  ];
  const notes: string[] = [];
  if (configPath !== defaultConfigPath && file.digest === '') {
    notes.push(`${configPath}: ${file.problems[0]!.message}`);
  }
  if (digestsDiffer(agent, balancer)) {
    notes.push('the agent and the balancer run with different configs: tandem reload');
  }
  const other = 'status' in agent && node !== undefined && node !== agent.status.node;
  if (other) notes.push(`--node: found ${node}; the agent runs as ${agent.status.node}`);
  return {
    text: texts.join('\n\n'),
    notes,
    whole: { keepalive: agent, proxy: balancer, config },
    balancer,
    exit: other ? 1 : exitOf(agent, balancer),
  };
}

function exitOf(agent: Half<AgentReport>, balancer: Half<BalancerReport>): ExitStatus {
  const balancerWell = 'status' in balancer && told(() => isReady(balancer.status), false);
  // A plain balancer has no agent, and an agent may run without a balancer unless it tracks one.
  if ('absent' in agent) return balancerWell ? 0 : 1;
  const { report } = guarded(agent.status);
  // What a daemon of another version does not tell is nothing bad.
  const out = told(() => report.routers.some((r) => r.waitingFor !== null), false);
  const tracked = told(() => report.routers.some((r) => r.priority.trackers.some(isProxy)), false);
  return !out && (balancerWell || !tracked) ? 0 : 1;
}
