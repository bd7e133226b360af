/**
 * `mode: vmac` on real kernels and a real switch: the virtual MAC moves, the neighbours' entries do
 * not change, and nobody answers for the addresses with the MAC of a host.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  address4,
  address6,
  clientPlan,
  edgeA,
  edgeB,
  macAddress,
  virtualAddress4,
  virtualAddress6,
  virtualLinkLocal6,
} from './address-plan.ts';
import { agentStatus } from './agent-status.ts';
import { Capture, readCapture } from './capture.ts';
import type { Host } from './host.ts';
import { ADVERT_MS, answers, configure, startAgent, stateBecomes } from './kernel.case.ts';
import { Lab } from './lab.ts';
import { lacks } from './requirements.ts';
import { startKeepalived } from './stacks/keepalived.ts';
import { tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

const MACS: Readonly<Record<string, string>> = {
  [virtualAddress4]: '00:00:5e:00:01:33',
  [virtualAddress6]: '00:00:5e:00:02:33',
};
const ADDRESSES = [virtualAddress4, virtualAddress6];
const ROUTER = `mode: vmac
addresses: [${virtualAddress4}/24, "${virtualLinkLocal6}/64", "${virtualAddress6}/64"]`;
const SERVER = 'require("net").createServer((s) => s.end("served")).listen(8001, "::")';
const PHYSICAL = [edgeA, edgeB].map((plan) => macAddress(plan));

let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

interface Pair {
  readonly lab: Lab;
  readonly a: Host;
  readonly b: Host;
  readonly client: Host;
}

async function boot(router = ROUTER): Promise<Pair> {
  lab = await Lab.create({ hosts: [edgeA, edgeB, clientPlan] });
  const [a, b, client] = [edgeA, edgeB, clientPlan].map(({ name }) => lab!.host(name));
  configure([a!, b!], router);
  for (const host of [a!, b!]) host.spawn([process.execPath, '-e', SERVER], { log: 'server' });
  startAgent(a!);
  await stateBecomes(a!, 'Active');
  startAgent(b!);
  await stateBecomes(b!, 'Backup');
  return { lab, a: a!, b: b!, client: client! };
}

/** The hardware address that the client has for an address; it asks when it knows none. */
async function resolved(client: Host, address: string): Promise<string | undefined> {
  await waitUntil(`${address} answers`, () => answers(client, address), 10_000);
  const shown = await client.exec(['ip', 'neigh', 'show', 'to', address, 'dev', 'eth0']);
  return /lladdr (\S+)/.exec(shown)?.[1];
}

const entry = async (client: Host, address: string) =>
  /lladdr (\S+)/.exec(await client.exec(['ip', 'neigh', 'show', 'to', address]))?.[1];

async function served(client: Host, address: string): Promise<boolean> {
  const ask = `exec 3<>/dev/tcp/${address}/8001; timeout 2 cat <&3`;
  return (await client.attempt(['timeout', '3', 'bash', '-c', ask])).stdout === 'served';
}

const devicesOn = async (host: Host) => {
  const shown = await host.exec(['ip', '-o', 'link', 'show', 'type', 'macvlan']);
  return shown.split('\n').flatMap((line) => {
    const match = /: (td\S+)@eth0: <(\S+)>/.exec(line);
    return match === null
      ? []
      : [`${match[1]?.slice(0, 6)} ${/\bUP\b/.test(match[2]!) ? 'up' : 'down'}`];
  });
};
const arpIgnore = async (host: Host) =>
  (await host.exec(['cat', '/proc/sys/net/ipv4/conf/eth0/arp_ignore'])).trim();

const unable = lacks('the virtual MAC', ['tshark', 'tcpdump', 'keepalived'], 'root');

describe.skipIf(unable)('a virtual MAC', () => {
  test('moves with the addresses, and no neighbour notices', { timeout: 90_000 }, async () => {
    const { lab, a, b, client } = await boot();
    const capture = await Capture.start(
      client,
      'wire',
      'arp or icmp6 or proto 112 or ip6 proto 112',
    );
    for (const address of ADDRESSES) {
      expect(await resolved(client, address)).toBe(MACS[address]);
      expect(await served(client, address)).toBe(true);
    }
    expect(await resolved(client, address4(edgeA))).toBe(macAddress(edgeA));
    for (const mac of Object.values(MACS)) expect(await lab.switch.portOf(mac)).toBe(edgeA.name);
    expect(await devicesOn(b)).toEqual(['td4-51 down', 'td6-51 down']);
    await lab.cut(edgeA.name);
    await stateBecomes(b, 'Active');
    for (const mac of Object.values(MACS)) expect(await lab.switch.portOf(mac)).toBe(edgeB.name);
    for (const address of ADDRESSES) {
      expect(await entry(client, address)).toBe(MACS[address]);
      expect(await served(client, address)).toBe(true);
    }
    await lab.heal(edgeA.name);
    await stateBecomes(a, 'Active');
    for (const address of ADDRESSES) expect(await served(client, address)).toBe(true);
    expect(await devicesOn(b)).toEqual(['td4-51 down', 'td6-51 down']);
    await capture.stop();
    await expectOnTheWire(capture.file);
  });

  test('is shared with a keepalived that uses it too', { timeout: 90_000 }, async () => {
    lab = await Lab.create({ hosts: [edgeA, edgeB, clientPlan] });
    const [a, b, client] = [edgeA, edgeB, clientPlan].map(({ name }) => lab!.host(name));
    configure([a!], `mode: vmac\npeer: other\naddresses: [${virtualAddress4}/24]`);
    for (const host of [a!, b!]) host.spawn([process.execPath, '-e', SERVER], { log: 'server' });
    startAgent(a!);
    await stateBecomes(a!, 'Active');
    const router = {
      name: 'web',
      version: 3,
      vrid: 51,
      priority: 100,
      advertMs: ADVERT_MS,
    } as const;
    const addresses = [virtualAddress4];
    startKeepalived(b!, { instances: [{ ...router, addresses, virtualMac: true }] });
    const mac = MACS[virtualAddress4]!;
    const held = (name: string) =>
      waitUntil(`${name} has it`, async () => (await lab!.switch.portOf(mac)) === name, 10_000);
    expect(await resolved(client!, virtualAddress4)).toBe(mac);
    await held(edgeA.name);
    for (const [change, holder] of [
      ['cut', edgeB.name],
      ['heal', edgeA.name],
    ] as const) {
      await lab[change](edgeA.name);
      await held(holder);
      expect(await entry(client!, virtualAddress4)).toBe(mac);
      const works = () => served(client!, virtualAddress4);
      await waitUntil(`${holder} serves`, works, 10_000);
    }
    await stateBecomes(a!, 'Active');
  });

  test('moves with unicast adverts that are signed', { timeout: 90_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vmac-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const secret = join(folder, 'vrrp.key');
    writeFileSync(secret, `hex:${'0123456789abcdef'.repeat(4)}\n`, { mode: 0o600 });
    const nodes = [edgeA, edgeB].map((plan) => {
      return `${plan.name}: [${address4(plan)}, "${address6(plan)}"]`;
    });
    const { lab, a, b, client } = await boot(`${ROUTER}
unicast: { addresses: { ${nodes.join(', ')} } }
auth: { keys: { 1: "file:${secret}" } }`);
    for (const address of ADDRESSES) expect(await resolved(client, address)).toBe(MACS[address]);
    await lab.cut(edgeA.name);
    await stateBecomes(b, 'Active');
    const moved = async (name: string) => {
      for (const mac of Object.values(MACS)) expect(await lab.switch.portOf(mac)).toBe(name);
      for (const address of ADDRESSES) {
        expect(await entry(client, address)).toBe(MACS[address]);
        await waitUntil(`${address} serves`, () => served(client, address), 5_000);
      }
    };
    await moved(edgeB.name);
    await lab.heal(edgeA.name);
    await stateBecomes(a, 'Active');
    await moved(edgeA.name);
    // Its lease is renewed past the virtual MAC's device too, and mutes that.
    const [router] = (await agentStatus(a))!.routers;
    expect(router).toMatchObject({ auth: 'hmac-enforce', lease: { open: true, mute: false } });
    a.signal('SIGSTOP', /launcher\.js keepalive/);
    b.signal('SIGKILL', /launcher\.js keepalive/);
    await b.exec([...tandemCommand(b, ['keepalive', '--release'])]);
    for (const address of ADDRESSES) {
      const mute = async () => !(await answers(client, address));
      await waitUntil(`${address} is mute`, mute, 10_000);
    }
    a.signal('SIGCONT', /launcher\.js keepalive/);
  });

  test('answers and takes nothing in with accept: false', { timeout: 60_000 }, async () => {
    const { client } = await boot(`${ROUTER}\naccept: false`);
    for (const address of ADDRESSES) {
      expect(await resolved(client, address)).toBe(MACS[address]);
      expect(await served(client, address)).toBe(false);
    }
    expect(await served(client, address4(edgeA))).toBe(true);
  });

  test('is put back when somebody takes its device away or down', { timeout: 60_000 }, async () => {
    const { a, client } = await boot();
    const status = await agentStatus(a);
    const devices = status!.routers.map(({ virtualMac }) => virtualMac?.device);
    await a.exec(['ip', 'link', 'delete', devices[0]!]);
    await a.exec(['ip', 'link', 'set', devices[1]!, 'down']);
    const back = async () => (await devicesOn(a)).toSorted().join() === 'td4-51 up,td6-51 up';
    await waitUntil('both devices are up', back, 5_000);
    for (const address of ADDRESSES) {
      expect(await resolved(client, address)).toBe(MACS[address]);
      await waitUntil(`${address} serves`, () => served(client, address), 5_000);
    }
    // No address of its own making (RFC 9568 section 7.4), only the virtual one.
    const shown = await a.exec(['ip', '-o', '-6', 'address', 'show', 'dev', devices[0]!]);
    expect(shown).toBe('');
  });

  test('is mute with its lease, and leaves nothing behind', { timeout: 90_000 }, async () => {
    const { a, b, client } = await boot();
    expect(await arpIgnore(a)).toBe('1');
    b.signal('SIGKILL', /launcher\.js keepalive/);
    a.signal('SIGSTOP', /launcher\.js keepalive/);
    for (const address of ADDRESSES) {
      const mute = async () => !(await answers(client, address));
      await waitUntil(`${address} is mute`, mute, 10_000);
    }
    expect(await devicesOn(a)).toEqual(['td4-51 up', 'td6-51 up']);
    a.signal('SIGKILL', /launcher\.js keepalive/);
    await a.exec([...tandemCommand(a, ['keepalive', '--release'])]);
    expect([await devicesOn(a), await arpIgnore(a)]).toEqual([[], '0']);
    // The next agent of the other host sweeps what its own earlier one left.
    configure([b], `addresses: [${virtualAddress4}/24]`);
    const agent = startAgent(b);
    await stateBecomes(b, 'Active');
    expect([await devicesOn(b), await arpIgnore(b)]).toEqual([[], '0']);
    await agent.stop();
    configure([b], ROUTER);
    const last = startAgent(b);
    await stateBecomes(b, 'Active');
    await last.stop();
    expect([await devicesOn(b), await arpIgnore(b)]).toEqual([[], '0']);
  });
});

/** Every advert and every word about the addresses came from the virtual MAC. */
async function expectOnTheWire(file: string): Promise<void> {
  const adverts = await readCapture(file, 'vrrp', [
    'eth.src',
    'ip.src',
    'ipv6.src',
    'ip.ttl',
    'ipv6.hlim',
    'vrrp.checksum.status',
  ] as const);
  expect(adverts.length).toBeGreaterThan(5);
  for (const advert of adverts) {
    const family = advert['ip.src'] === '' ? 6 : 4;
    expect(advert['eth.src']).toBe(Object.values(MACS)[family === 4 ? 0 : 1]);
    expect(family === 4 ? advert['ip.ttl'] : advert['ipv6.hlim']).toBe('255');
    expect(advert['vrrp.checksum.status']).toBe('1');
    const source = family === 4 ? advert['ip.src'] : advert['ipv6.src'];
    expect(source).toMatch(family === 4 ? /^198\.51\.100\.1[12]$/ : /^fe80::/);
  }
  const physical = PHYSICAL.map((mac) => `eth.src == ${mac}`).join(' or ');
  const arp = `arp.src.proto_ipv4 == ${virtualAddress4}`;
  const na = [virtualAddress6, virtualLinkLocal6].map(
    (ip) => `icmpv6.nd.na.target_address == ${ip}`,
  );
  const wrong = `(${physical}) and (${[arp, ...na].join(' or ')})`;
  expect(await readCapture(file, wrong, ['frame.number'])).toEqual([]);
  const right = await readCapture(file, arp, ['eth.src', 'arp.src.hw_mac']);
  expect(new Set(right.flatMap((frame) => Object.values(frame)))).toEqual(
    new Set([MACS[virtualAddress4]]),
  );
}
