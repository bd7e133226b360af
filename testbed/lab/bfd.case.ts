/** For the BFD tests of the lab: the agent alone on an edge, and what it knows of its session. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BfdSessionStatus } from '../../keepalive/index.ts';
import { address4, edgeA, edgeB, virtualAddress4, virtualLinkLocal6 } from './address-plan.ts';
import { agentStatus } from './agent-status.ts';
import type { Host, LabProcess } from './host.ts';
import { tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

/** Adverts half a second apart: what happens sooner than three of them is BFD's doing. */
export const ADVERT_MS = 500;
export const VRID = 51;

/** How the agents are set up; the `bfd` key as written. */
export interface AgentSetup {
  readonly bfd: string;
  readonly family?: 4 | 6;
  /** One node only: the other host runs something else. */
  readonly alone?: boolean;
}

/** Writes the config and starts `tandem keepalive` on the host. */
export function startAgent(host: Host, { bfd, family = 4, alone = false }: AgentSetup): LabProcess {
  const node = (plan: typeof edgeA, priority: number) =>
    `  ${plan.name}: { address: ${address4(plan)}, priority: ${priority} }`;
  const nodes = [node(edgeA, 200), node(edgeB, 100)].filter(
    (line) => !alone || line.includes(host.name),
  );
  const address = family === 4 ? `${virtualAddress4}/24` : `"${virtualLinkLocal6}/64"`;
  writeFileSync(
    join(host.folder, 'tandem.yaml'),
    `nodes:
${nodes.join('\n')}
virtual_routers:
  web:
    vrid: ${VRID}
    interface: eth0
    addresses: [${address}]
    advert_interval: ${ADVERT_MS}ms
    peer: ${alone ? 'other' : 'tandem'}
    bfd: ${bfd}
    track: { proxy: false }
`,
  );
  return host.spawn(tandemCommand(host, ['keepalive']), { log: 'tandem' });
}

/** What the agent on the host says of its one session; undefined before it answers. */
export async function sessionOn(host: Host): Promise<BfdSessionStatus | undefined> {
  return (await agentStatus(host))?.bfd[0];
}

/** Waits until the session on the host is as told, and returns it. */
export async function sessionUntil(
  host: Host,
  what: string,
  condition: (session: BfdSessionStatus) => boolean,
  timeoutMs = 10_000,
): Promise<BfdSessionStatus> {
  let last: BfdSessionStatus | undefined;
  const met = async () => {
    last = await sessionOn(host);
    return last !== undefined && condition(last);
  };
  await waitUntil(`BFD on ${host.name} ${what}`, met, timeoutMs, 50).catch((error: Error) => {
    const log = host.logTail('tandem');
    throw new Error(`${error.message}: ${JSON.stringify(last)}\n${log}`);
  });
  return last!;
}

/** Up, and both sides have said their real pace. */
export const paced = ({ state, detectMs }: BfdSessionStatus): boolean =>
  state === 'Up' && detectMs !== null && detectMs < 1_000;
