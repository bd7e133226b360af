import { join } from 'node:path';
import type { AgentReport } from '../../src/control/agent-report.ts';
import { ask } from '../../src/control/client.ts';
import type { Host } from './host.ts';

/** What the agent on the host says of itself, as `tandem status` asks it; undefined: none answers. */
export async function agentStatus(host: Host): Promise<AgentReport | undefined> {
  const socket = join(host.runFolder, 'tandem', 'keepalive.sock');
  const answer = await ask(socket, '/status').catch(() => undefined);
  return answer?.status === 200 ? JSON.parse(answer.body) : undefined;
}
