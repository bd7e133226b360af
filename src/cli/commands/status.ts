import type { TrackerReading } from '../../../keepalive/index.ts';
import { type CheckedFile, checkFile } from '../../config/index.ts';
import type { AgentReport } from '../../control/agent-report.ts';
import type { BalancerReport } from '../../control/balancer-report.ts';
import type { CliCommand, ExitStatus, Invocation } from '../command.ts';
import type { Half } from '../halves.ts';
import { defaultConfigPath } from '../program.ts';
import { agentView } from '../views/agent-view.ts';
import { balancerView } from '../views/balancer-view.ts';

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

--follow prints one line per event, with --json as the agent writes them, until the
agent ends (exit status 1) or you do.`,
  shared: ['config', 'node', 'json'],
  options: [['--follow', "go on printing the agent's events as they happen (docs/EVENTS.md)"]],
  async run(invocation) {
    if (invocation.options.follow === true) return follow(invocation);
    const { askHalf, socketOf } = await import('../halves.ts');
    const [agent, balancer] = await Promise.all([
      askHalf<AgentReport>(socketOf(invocation.env, 'keepalive')),
      askHalf<BalancerReport>(socketOf(invocation.env, 'proxy')),
    ]);
    return report(agent, balancer, invocation);
  },
};

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

const isProxy = (tracker: TrackerReading) => tracker.kind === 'proxy';

/** A half as text, with what the file has to say about it. */
function halfText<Status extends { readonly digest: string }>(
  name: 'agent' | 'balancer',
  half: Half<Status>,
  view: (status: Status) => string,
  file: CheckedFile,
): string {
  if ('status' in half) {
    const text = view(half.status);
    const same = file.digest === '' || file.digest === half.status.digest;
    const digest = file.digest.slice(0, 12);
    const what = `it does not run with ${file.file} as it is now (config ${digest})`;
    return same ? text : `${text}\n\n${name}: ${what}`;
  }
  const section = name === 'agent' ? 'virtual_routers' : 'listeners';
  const unwanted = file.config !== null && Object.keys(file.config[section]).length === 0;
  const why = unwanted ? `; ${file.file} has no ${section}, so none is needed` : '';
  return `${name}: ${half.absent}${why}`;
}

function report(
  agent: Half<AgentReport>,
  balancer: Half<BalancerReport>,
  { json, output, configPath, node }: Invocation,
): ExitStatus {
  const file = checkFile(configPath);
  if (json) {
    const config = { file: file.file, digest: file.digest === '' ? null : file.digest };
    output.json({ keepalive: agent, proxy: balancer, config });
  } else {
    output.line(halfText('agent', agent, agentView, file));
    output.line('');
    const view = (status: BalancerReport) => balancerView(status, Date.now());
    output.line(halfText('balancer', balancer, view, file));
  }
  if (configPath !== defaultConfigPath && file.digest === '') {
    output.note(`${configPath}: ${file.problems[0]!.message}`);
  }
  const agentWell = 'status' in agent && agent.status.routers.every((r) => r.waitingFor === null);
  const balancerWell = 'status' in balancer && balancer.status.readiness.ready;
  // A plain balancer has no agent, and an agent may run without a balancer unless it tracks one.
  if ('absent' in agent) return balancerWell ? 0 : 1;
  if (node !== undefined && node !== agent.status.node) {
    output.note(`--node: found ${node}; the agent runs as ${agent.status.node}`);
    return 1;
  }
  const tracked = agent.status.routers.some((r) => r.priority.trackers.some(isProxy));
  return agentWell && (balancerWell || !tracked) ? 0 : 1;
}
