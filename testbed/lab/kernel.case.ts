/** Two agents without balancers, for tests of what they do to the kernel. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { address4, edgeA, edgeB } from './address-plan.ts';
import { agentStatus } from './agent-status.ts';
import type { Host, LabProcess } from './host.ts';
import { tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

export const ADVERT_MS = 100;

/** The configuration of the pair: `router` is the rest of the one virtual router, as YAML. */
export function configure(hosts: readonly Host[], router: string): void {
  const nodes = [edgeA, edgeB].map(
    (plan, index) =>
      `  ${plan.name}: { address: ${address4(plan)}, priority: ${200 - index * 100} }`,
  );
  const text = `nodes:
${nodes.join('\n')}
virtual_routers:
  web:
    vrid: 51
    interface: eth0
    advert_interval: ${ADVERT_MS}ms
    track: { proxy: false }
${router.replace(/^/gm, '    ')}
`;
  for (const host of hosts) writeFileSync(join(host.folder, 'tandem.yaml'), text);
}

/** `tandem keepalive` on the host, which was configured. */
export function startAgent(host: Host): LabProcess {
  return host.spawn(tandemCommand(host, ['keepalive']), { log: 'tandem' });
}

/** Waits until every router of the host is in that state. */
export function stateBecomes(host: Host, state: string): Promise<void> {
  const reached = async () => {
    const status = await agentStatus(host);
    return status?.routers.every((router) => router.state === state) === true;
  };
  return waitUntil(`${host.name} ${state}`, reached, 15_000, 50).catch((error: Error) => {
    throw new Error(`${error.message}\n${host.logTail('tandem')}`);
  });
}

/** Whether anybody answers the client's question who has the address: ARP or ND. */
export async function answers(client: Host, address: string): Promise<boolean> {
  const show = ['ip', 'neigh', 'show', 'to', address, 'dev', 'eth0'];
  await client.attempt(['ip', 'neigh', 'flush', 'to', address, 'dev', 'eth0']);
  await client.attempt(['bash', '-c', `echo > /dev/udp/${address}/9`]);
  let state = '';
  const decided = async () => {
    state = await client.exec(show);
    return /REACHABLE|FAILED|STALE|DELAY/.test(state);
  };
  await waitUntil(`the neighbour ${address}`, decided, 10_000);
  return !state.includes('FAILED');
}

/** What `ip -ts -o monitor` reports, with the kernel's order and microseconds. */
export class Monitor {
  readonly #process: LabProcess;

  private constructor(process: LabProcess) {
    this.#process = process;
  }

  /** `what`: address, route or link. */
  static async start(host: Host, what: string): Promise<Monitor> {
    const argv = ['stdbuf', '-oL', 'ip', '-ts', '-o', 'monitor', what];
    const monitor = new Monitor(host.spawn(argv, { log: `monitor-${what}`, instrument: true }));
    // It says nothing when it is ready: a change of our own shows that it is.
    const probe = ['address', 'route'].includes(what) ? '203.0.113.250/32' : null;
    await waitUntil(
      `ip monitor ${what}`,
      async () => {
        if (probe === null) return true;
        await host.exec(['ip', 'address', 'add', probe, 'dev', 'lo']);
        await host.exec(['ip', 'address', 'delete', probe, 'dev', 'lo']);
        return monitor.events(/203\.0\.113\.250/).length > 0;
      },
      5_000,
    );
    return monitor;
  }

  /** Events whose line matches, with the time of day in milliseconds. */
  events(pattern: RegExp): readonly { readonly atMs: number; readonly line: string }[] {
    const lines = readFileSync(this.#process.logFile, 'utf8').split('\n');
    return lines.flatMap((line) => {
      const match = /^\[(?:\S+T)?(\d+):(\d+):(\d+\.\d+)\] (.*)$/.exec(line);
      const [, hours, minutes, seconds, rest = ''] = match ?? [];
      if (match === null || !pattern.test(rest)) return [];
      return [
        {
          atMs: ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000,
          line: rest,
        },
      ];
    });
  }
}
