/** Gives the balancer of this host an order about its servers, and tells what an operator has to know of it. */
import type { OrderedServer, OrderResult } from '../../proxy/index.ts';
import type { AgentReport } from '../control/agent-report.ts';
import type { ExitStatus, Invocation } from './command.ts';
import { askHalf, orderBalancer, socketOf } from './halves.ts';
import { alarmTexts, forgottenText } from './views/server-view.ts';

/** What the balancer answers. */
export interface ServersAnswer extends OrderResult {
  /** Why a restart of the balancer would forget it; null: it would not. */
  readonly unkept: string | null;
}

/** Carries it out and tells it; a number: it was refused, and that is the exit status. */
export async function changeServer(
  { args, options, env, json, output }: Invocation,
  change: { readonly drain: '0' | '1' } | { readonly weight: string },
  textOf: (one: OrderedServer) => string,
): Promise<ServersAnswer | ExitStatus> {
  const [server = ''] = args;
  const { upstream } = options;
  const ordered = await orderBalancer<ServersAnswer>(socketOf(env, 'proxy'), '/servers', {
    server,
    ...(typeof upstream === 'string' ? { upstream } : {}),
    ...change,
  });
  if (!ordered.ok) {
    output.note(ordered.error);
    return ordered.wrong ? 2 : 1;
  }
  const { servers, forgotten, unkept } = ordered.result;
  if (json) return ordered.result;
  for (const one of servers) output.line(textOf(one));
  for (const one of forgotten) output.line(forgottenText(one));
  for (const text of alarmTexts(servers)) output.note(text);
  if (unkept !== null) {
    output.note(`a restart of the balancer forgets it: its file cannot be written (${unkept})`);
  }
  const agent = await askHalf<AgentReport>(socketOf(env, 'keepalive'));
  const peer = 'status' in agent ? agent.status.pair?.peer : undefined;
  if (peer !== undefined) output.note(`this host alone; ${peer} has its own: do the same there`);
  return ordered.result;
}
