/**
 * Adverts to named hosts, and the password of version 2: with Debian's keepalived as the other router,
 * and between two of our own, where the kernel's lease has to outlive a peer that answers no ARP.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RouterStatus } from '../../keepalive/index.ts';
import {
  address4,
  clientPlan,
  edgeA,
  edgeB,
  virtualAddress4,
  virtualAddress6,
  virtualLinkLocal6,
} from './address-plan.ts';
import { agentStatus } from './agent-status.ts';
import { Capture, readCapture } from './capture.ts';
import { goFirstOurselves } from './go-first.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import { lacks } from './requirements.ts';
import { startKeepalived } from './stacks/keepalived.ts';
import { prefixLength } from './stacks/stack.ts';
import { tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

const [OURS, THEIRS] = [edgeA.name, edgeB.name];
const VRID = 51;
const PASSWORD = 'letmein';

let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

beforeAll(goFirstOurselves);

interface Cell {
  readonly version: 2 | 3;
  readonly addresses: readonly string[];
  readonly watched: string;
  /** What ours and theirs send from. */
  readonly ends: readonly [string, string];
  readonly advertMs: number;
  readonly password?: string;
  /** keepalived 2.2 sends unicast over IPv6 with the kernel's own hop limit of 64. */
  readonly minTtl?: number;
}

const IPV4 = {
  addresses: [virtualAddress4],
  watched: virtualAddress4,
  ends: ['198.51.100.11', '198.51.100.12'],
} as const;
const IPV6 = {
  addresses: [virtualLinkLocal6, virtualAddress6],
  watched: virtualAddress6,
  minTtl: 64,
} as const;

/** The address of a node on the LAN by which the adverts of a cell travel. */
const cells: Readonly<Record<string, Cell>> = {
  'version 3, IPv4': { ...IPV4, version: 3, advertMs: 100 },
  'version 3, IPv6, global addresses': {
    ...IPV6,
    version: 3,
    advertMs: 100,
    ends: ['2001:db8::11', '2001:db8::12'],
  },
  'version 3, IPv6, link-local addresses': {
    ...IPV6,
    version: 3,
    advertMs: 100,
    ends: ['fe80::ff:fe00:b', 'fe80::ff:fe00:c'],
  },
  'version 2 with a password, IPv4': { ...IPV4, version: 2, advertMs: 1000, password: PASSWORD },
};

function writeConfig(host: Host, cell: Cell, priority: number): void {
  const [source, peer] = cell.ends;
  const addresses = cell.addresses.map((it) => `"${it}/${prefixLength(it)}"`).join(', ');
  const secret = join(host.folder, 'password');
  writeFileSync(secret, cell.password ?? '', { mode: 0o600 });
  writeFileSync(
    join(host.folder, 'tandem.yaml'),
    `nodes:
  ${host.name}: { priority: ${priority} }
virtual_routers:
  web:
    vrid: ${VRID}
    interface: eth0
    addresses: [${addresses}]
    advert_interval: ${cell.advertMs}ms
    version: ${cell.version}
    peer: other
    unicast: { addresses: "${source}", peers: ["${peer}"], min_ttl: ${cell.minTtl ?? 255} }
    ${cell.password === undefined ? '' : `auth: { password: "file:${secret}" }`}
    track: { proxy: false }
`,
  );
}

const startOurs = (host: Host) => host.spawn(tandemCommand(host, ['keepalive']), { log: 'tandem' });

function startTheirs(host: Host, { version, advertMs, addresses, ends, password }: Cell) {
  const [peer, source] = ends;
  return startKeepalived(host, {
    instances: [
      {
        name: 'web',
        version,
        vrid: VRID,
        priority: 100,
        advertMs,
        addresses,
        unicast: { source, peer },
        ...(password === undefined ? {} : { password }),
      },
    ],
  });
}

async function routerOn(host: Host): Promise<RouterStatus | undefined> {
  return (await agentStatus(host))?.routers[0];
}

describe.skipIf(lacks('unicast', ['keepalived']))('unicast with keepalived', () => {
  test.each(Object.entries(cells))('%s', async (_name, cell) => {
    lab = await Lab.create({ hosts: [edgeA, edgeB] });
    const ours = lab.host(OURS);
    const watch = await lab.watch(cell.watched, [OURS, THEIRS]);
    const sole = (name: string) =>
      watch
        .until((holders) => holders.join() === name, 15 * cell.advertMs + 5_000)
        .catch((error: Error) => {
          const logs = [ours.logTail('tandem'), lab?.host(THEIRS).logTail('keepalived')];
          throw new Error(`${error.message}, expected ${name}\n${logs.join('\n')}`);
        });
    startTheirs(lab.host(THEIRS), cell);
    await sole(THEIRS);
    // The better one comes and is believed, resigns and is replaced, and hears the other meanwhile.
    writeConfig(ours, cell, 200);
    const agent = startOurs(ours);
    await sole(OURS);
    const status = await routerOn(ours);
    expect(status).toMatchObject({
      state: 'Active',
      delivery: { source: cell.ends[0], destinations: [cell.ends[1]], unicast: true },
      auth: cell.password === undefined ? 'none' : 'password',
      statistics: { sendErrors: 0, peerErrors: 0, destinationErrors: 0, authFailures: 0 },
    });
    expect(status?.statistics.advertisementsReceived).toBeGreaterThan(0);
    expect(await agent.stop()).toBeUndefined();
    await sole(THEIRS);
    // The lesser one leaves the address where it is.
    writeConfig(ours, cell, 50);
    startOurs(ours);
    await waitUntil(
      'ours hears theirs',
      async () => (await routerOn(ours))?.active?.priority === 100,
      15_000,
      50,
    );
    expect(watch.holders).toEqual([THEIRS]);
  });

  test('a wrong password is heard by neither', async () => {
    lab = await Lab.create({ hosts: [edgeA, edgeB] });
    const ours = lab.host(OURS);
    const cell = cells['version 2 with a password, IPv4']!;
    writeConfig(ours, { ...cell, password: 'another' }, 200);
    startOurs(ours);
    startTheirs(lab.host(THEIRS), cell);
    const failures = async () => (await routerOn(ours))?.statistics.authFailures ?? 0;
    // keepalived puts its own next advert off with each one that it refuses: there may be only one.
    await waitUntil('ours refuses theirs', async () => (await failures()) > 0, 20_000, 50);
    expect((await routerOn(ours))?.statistics.advertisementsReceived).toBe(0);
  });
});

describe('unicast between two of our own', () => {
  const config = `nodes:
  ${OURS}: { address: 198.51.100.11, priority: 200 }
  ${THEIRS}: { address: 198.51.100.12, priority: 100 }
virtual_routers:
  web:
    vrid: ${VRID}
    interface: eth0
    addresses: [${virtualAddress4}/24]
    advert_interval: 100ms
    unicast: {}
    track: { proxy: false }
`;

  test('the Active router speaks on when its peer dies and answers no ARP', async () => {
    lab = await Lab.create({ hosts: [edgeA, edgeB] });
    const [ours, theirs] = [lab.host(OURS), lab.host(THEIRS)];
    const watch = await lab.watch(virtualAddress4, [OURS, THEIRS]);
    for (const host of [ours, theirs]) {
      writeFileSync(join(host.folder, 'tandem.yaml'), config);
      startOurs(host);
    }
    await watch.until((holders) => holders.join() === OURS, 15_000);
    await waitUntil(
      'theirs follows ours',
      async () => (await routerOn(theirs))?.active?.priority === 200,
      10_000,
      50,
    );
    await theirs.killAll();
    await theirs.exec(['ip', 'link', 'set', 'eth0', 'down']);
    await ours.exec(['ip', 'neigh', 'flush', 'dev', 'eth0']);
    // Several leases of a third of a second, in which no advert can leave.
    await delay(2_000);
    const status = await routerOn(ours);
    expect(status).toMatchObject({ state: 'Active', lease: { open: true, mute: false } });
    expect(status?.transitions.filter(({ to }) => to === 'Backup')).toHaveLength(1);
    const table = await ours.exec(['nft', 'list', 'ruleset']);
    expect(table).toMatch(/elements = \{ "eth0" timeout \d+ms expires/);
    // And the kernel mutes it as ever when its agent is frozen.
    ours.signal('SIGSTOP', /keepalive/);
    await delay(600);
    expect(await ours.exec(['nft', 'list', 'ruleset'])).not.toMatch(/elements = \{ "eth0"/);
    ours.signal('SIGCONT', /keepalive/);
  });

  test('each of several peers hears that the Active router resigns', async () => {
    lab = await Lab.create({ hosts: [edgeA, edgeB, clientPlan] });
    const [ours, further] = [lab.host(OURS), lab.host(clientPlan.name)];
    const watch = await lab.watch(virtualAddress4, [OURS]);
    const peers = `unicast: { peers: [${address4(clientPlan)}] }`;
    writeFileSync(join(ours.folder, 'tandem.yaml'), config.replace('unicast: {}', peers));
    const capture = await Capture.start(further, 'adverts', 'proto 112');
    const agent = startOurs(ours);
    await watch.until((holders) => holders.join() === OURS, 15_000);
    await delay(500);
    await agent.stop();
    await delay(300);
    await capture.stop();
    const heard = await readCapture(capture.file, 'vrrp', ['vrrp.prio']);
    expect(heard.at(-1)).toEqual({ 'vrrp.prio': '0' });
  });
});
