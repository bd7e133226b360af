import type { AgentStatus, TrackerReading } from '../../../keepalive/index.ts';
import type { BalancerReport } from '../../control/balancer-report.ts';
import type { CliCommand, ExitStatus, Invocation } from '../command.ts';
import { agentView } from '../views/agent-view.ts';
import { balancerView } from '../views/balancer-view.ts';

/** What one half answered, or why it did not. */
type Half<Status> = { readonly status: Status } | { readonly absent: string };

/** `tandem status`: what this host is doing right now. */
export const status: CliCommand = {
  name: 'status',
  summary: 'who is Active and why; listeners, upstreams, servers',
  group: 'Operation',
  details: `Asks the running halves over their sockets in the runtime directory
(TANDEM_RUNTIME_DIR, default /run/tandem). Exit status 1 when neither half answers, or
one that runs is not well: the agent out of the election, the balancer not ready.`,
  shared: ['json'],
  async run(invocation) {
    const { join } = await import('node:path');
    const { runtimeDir, SOCKETS } = await import('../../runtime/runtime-dir.ts');
    const dir = runtimeDir(invocation.env);
    const [agent, balancer] = await Promise.all([
      askHalf<AgentStatus>(join(dir, SOCKETS.keepalive)),
      askHalf<BalancerReport>(join(dir, SOCKETS.proxy)),
    ]);
    return report(agent, balancer, invocation);
  },
};

async function askHalf<Status>(socket: string): Promise<Half<Status>> {
  const { ask } = await import('../../control/client.ts');
  try {
    const answer = await ask(socket, '/status');
    if (answer.status !== 200) return { absent: `starting (${socket})` };
    return { status: JSON.parse(answer.body) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return { absent: `not running (${socket})` };
    if (code === 'EACCES') return { absent: `this user may not ask it (${socket}); try sudo` };
    return { absent: `no answer (${socket}): ${message}` };
  }
}

const isProxy = (tracker: TrackerReading) => tracker.kind === 'proxy';

function report(
  agent: Half<AgentStatus>,
  balancer: Half<BalancerReport>,
  { json, output }: Invocation,
): ExitStatus {
  if (json) output.json({ keepalive: agent, proxy: balancer });
  else {
    output.line('status' in agent ? agentView(agent.status) : `agent: ${agent.absent}`);
    output.line('');
    const line = 'status' in balancer ? balancerView(balancer.status, Date.now()) : null;
    output.line(line ?? `balancer: ${'absent' in balancer ? balancer.absent : ''}`);
  }
  const agentWell = 'status' in agent && agent.status.routers.every((r) => r.waitingFor === null);
  const balancerWell = 'status' in balancer && balancer.status.readiness.ready;
  // A plain balancer has no agent, and an agent may run without a balancer unless it tracks one.
  if ('absent' in agent) return balancerWell ? 0 : 1;
  const tracked = agent.status.routers.some((r) => r.priority.trackers.some(isProxy));
  return agentWell && (balancerWell || !tracked) ? 0 : 1;
}
