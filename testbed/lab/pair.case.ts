/** For the pair tests of the lab: agents on edges with a second cable between them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentStatus } from '../../keepalive/index.ts';
import { address4, edgeA, edgeB, type HostPlan, virtualAddress4 } from './address-plan.ts';
import { agentStatus } from './agent-status.ts';
import type { Host, LabProcess } from './host.ts';
import { tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

/** The edges with both cables. */
export const pairedEdges: readonly HostPlan[] = [edgeA, edgeB].map((plan) => ({
  ...plan,
  lans: ['edge', 'side'],
}));

/** How the agents are set up. */
export interface PairSetup {
  readonly advertMs?: number;
  readonly secret?: string;
  /** Further keys of the virtual router. */
  readonly router?: string;
  /** A comment: another one makes another file. */
  readonly remark?: string;
}

/** Writes the config and starts `tandem keepalive` on the host. */
export function startPaired(host: Host, setup: PairSetup = {}): LabProcess {
  const { advertMs = 100, secret = 'the secret of the laboratory', router, remark = '' } = setup;
  const node = (plan: HostPlan, priority: number) => {
    const own = address4(plan);
    const links = [address4(plan, 'side'), own].join(', ');
    return `  ${plan.name}: { address: ${own}, priority: ${priority}, pair_addresses: [${links}] }`;
  };
  writeFileSync(
    join(host.folder, 'tandem.yaml'),
    `# ${remark}
nodes:
${[node(edgeA, 200), node(edgeB, 100)].join('\n')}
pair: { secret: env:PAIR_SECRET }
virtual_routers:
  web:
    vrid: 51
    interface: eth0
    addresses: [${virtualAddress4}/24]
    advert_interval: ${advertMs}ms
    track: { proxy: false }
${router === undefined ? '' : `    ${router}\n`}`,
  );
  return host.spawn(tandemCommand(host, ['keepalive']), {
    log: 'tandem',
    env: { PAIR_SECRET: secret },
  });
}

/** Waits until the agent on the host is as told, and returns its status. */
export async function agentUntil(
  host: Host,
  what: string,
  condition: (status: AgentStatus) => boolean,
  timeoutMs = 15_000,
): Promise<AgentStatus> {
  let last: AgentStatus | undefined;
  const met = async () => {
    last = await agentStatus(host);
    return last !== undefined && condition(last);
  };
  await waitUntil(`${host.name} ${what}`, met, timeoutMs, 50).catch((error: Error) => {
    const log = host.logTail('tandem');
    throw new Error(`${error.message}: ${JSON.stringify(last?.pair)}\n${log}`);
  });
  return last!;
}
