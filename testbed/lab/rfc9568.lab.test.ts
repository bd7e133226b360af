/**
 * What only the wire shows of RFC 9568: two agents, a client between them and a capture on it. The
 * rows of docs/CONFORMANCE.md that are about frames, ARP and neighbour discovery point here.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  address4,
  clientPlan,
  edgeA,
  edgeB,
  macAddress,
  virtualAddress4,
  virtualAddress6,
  virtualLinkLocal6,
} from './address-plan.ts';
import { Capture, readCapture } from './capture.ts';
import { goFirstOurselves } from './go-first.ts';
import type { Host, LabProcess } from './host.ts';
import { Lab } from './lab.ts';
import { lacks } from './requirements.ts';
import { prefixLength } from './stacks/stack.ts';
import { tandemCommand } from './stacks/tandem.ts';

const ADVERT_MS = 100;
const vrrp = 'proto 112 or ip6 proto 112';
const VRID = 51;
const unable = lacks('RFC 9568 on the wire', ['tshark', 'tcpdump', 'curl'], 'root');

const families = {
  4: { addresses: [virtualAddress4], asked: virtualAddress4, neighbours: 'arp' },
  6: {
    addresses: [virtualLinkLocal6, virtualAddress6],
    asked: virtualAddress6,
    neighbours: 'icmp6',
  },
} as const;
type Family = keyof typeof families;

let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

beforeAll(goFirstOurselves);

const config = (family: Family) => `
nodes:
  ${edgeA.name}: { address: ${address4(edgeA)}, priority: 200 }
  ${edgeB.name}: { address: ${address4(edgeB)}, priority: 100 }
virtual_routers:
  web:
    vrid: ${VRID}
    interface: eth0
    addresses: [${families[family].addresses.map((it) => `"${it}/${prefixLength(it)}"`).join(', ')}]
    advert_interval: ${ADVERT_MS}ms
    track: { proxy: false }
`;

interface Pair {
  readonly lab: Lab;
  readonly active: Host;
  readonly backup: Host;
  readonly client: Host;
  readonly agents: readonly LabProcess[];
}

/** edge-a is Active, edge-b Backup; edge-a has a second LAN. */
async function boot(family: Family, before: (created: Lab) => Promise<unknown> = async () => {}) {
  const plan = [{ ...edgeA, lans: ['edge', 'side'] as const }, edgeB, clientPlan];
  lab = await Lab.create({ hosts: [...plan, { name: 'side', number: 60, lans: ['side'] }] });
  await before(lab);
  const watch = await lab.watch(families[family].asked, [edgeA.name, edgeB.name]);
  const hosts = [lab.host(edgeA.name), lab.host(edgeB.name)] as const;
  const agents = hosts.map((host) => {
    writeFileSync(join(host.folder, 'tandem.yaml'), config(family));
    return host.spawn(tandemCommand(host, ['keepalive']), { log: 'tandem' });
  });
  await watch.until((holders) => holders.join() === edgeA.name, 15_000);
  await delay(5 * ADVERT_MS);
  const [active, backup] = hosts;
  return { lab, active, backup, client: lab.host(clientPlan.name), agents } satisfies Pair;
}

/** curl's status for a port that is closed: the host has answered, and said so. */
const REFUSED = 7;

/** Whether somebody answers for the address: nobody listens, so the answer is a refusal. */
async function answers(client: Host, address: string): Promise<boolean> {
  const url = address.includes(':') ? `http://[${address}]:9/` : `http://${address}:9/`;
  const { status } = await client.attempt(['curl', '-s', '--max-time', '1.5', url]);
  return status === REFUSED;
}

/** The same for packets that go to this MAC address. */
async function answersAt(client: Host, address: string, mac: string): Promise<boolean> {
  const entry = ['ip', 'neigh', 'replace', address, 'lladdr', mac, 'dev', 'eth0'];
  await client.exec([...entry, 'nud', 'permanent']);
  const answered = await answers(client, address);
  await client.exec(['ip', 'neigh', 'del', address, 'dev', 'eth0']);
  return answered;
}

describe.skipIf(unable).each([4, 6] as const)('on the wire, IPv%i', (family) => {
  const { asked, neighbours, addresses } = families[family];
  const multicast = family === 4 ? '224.0.0.18' : 'ff02::12';
  const multicastMac = family === 4 ? '01:00:5e:00:00:12' : '33:33:00:00:00:12';

  test('adverts have the group, protocol 112, hop limit 255 and the primary address', async () => {
    const { client } = await boot(family);
    const capture = await Capture.start(client, 'adverts', vrrp);
    await delay(5 * ADVERT_MS);
    await capture.stop();
    const packets = await readCapture(capture.file, 'vrrp', [
      'eth.src',
      'eth.dst',
      'ip.src',
      'ip.dst',
      'ip.proto',
      'ip.ttl',
      'ipv6.src',
      'ipv6.dst',
      'ipv6.nxt',
      'ipv6.hlim',
      'vrrp.checksum.status',
    ]);
    expect(packets.length).toBeGreaterThanOrEqual(4);
    for (const packet of packets) {
      expect(packet['eth.dst']).toBe(multicastMac);
      expect(packet['vrrp.checksum.status']).toBe('1');
      const [source, group, protocol, hops] =
        family === 4
          ? [packet['ip.src'], packet['ip.dst'], packet['ip.proto'], packet['ip.ttl']]
          : [packet['ipv6.src'], packet['ipv6.dst'], packet['ipv6.nxt'], packet['ipv6.hlim']];
      expect([group, protocol, hops]).toEqual([multicast, '112', '255']);
      // Of edge-a's own, never a virtual one.
      if (family === 4) expect(source).toBe(address4(edgeA));
      else expect(source).toMatch(/^fe80::/);
      expect(addresses).not.toContain(source);
    }
  });

  test('only the Active router answers for the address, and with its own MAC', async () => {
    const { client } = await boot(family);
    const capture = await Capture.start(client, 'answers', neighbours);
    await client.exec(['ip', 'neigh', 'flush', 'dev', 'eth0']);
    expect(await answers(client, asked)).toBe(true);
    await capture.stop();
    const filter =
      family === 4
        ? `arp.opcode == 2 && arp.src.proto_ipv4 == ${asked}`
        : `icmpv6.type == 136 && icmpv6.nd.na.target_address == ${asked}`;
    const replies = await readCapture(capture.file, filter, ['eth.src']);
    expect(replies.length).toBeGreaterThan(0);
    expect(new Set(replies.map((reply) => reply['eth.src']))).toEqual(new Set([macAddress(edgeA)]));
    const { stdout } = await client.attempt(['ip', 'neigh', 'show', asked, 'dev', 'eth0']);
    expect(stdout).toContain(macAddress(edgeA));
  });

  test('only the Active router takes packets to the address, whoever they are sent to', async () => {
    const { client } = await boot(family);
    expect(await answersAt(client, asked, macAddress(edgeA))).toBe(true);
    expect(await answersAt(client, asked, macAddress(edgeB))).toBe(false);
  });

  test('a host that forwards passes no advert on, and sends no redirect', async () => {
    const {
      lab: built,
      client,
      agents,
    } = await boot(family, async (created) => {
      const forwarding = family === 4 ? 'net.ipv4.ip_forward=1' : 'net.ipv6.conf.all.forwarding=1';
      await created.host(edgeA.name).exec(['sysctl', '-qw', forwarding]);
    });
    const capture = await Capture.start(built.host('side'), 'side', vrrp, 'eth1');
    const redirects = family === 4 ? 'icmp[0] == 5' : 'icmp6 and ip6[40] == 137';
    const heard = await Capture.start(client, 'redirects', redirects);
    // The Backup speaks too: what edge-a hears is what it could pass on.
    agents[0]?.child.kill('SIGTERM');
    await delay(8 * ADVERT_MS);
    await answers(client, asked);
    await Promise.all([capture.stop(), heard.stop()]);
    expect(await readCapture(capture.file, 'vrrp', ['frame.number'])).toEqual([]);
    expect(await readCapture(heard.file, 'frame', ['frame.number'])).toEqual([]);
  });
});

describe.skipIf(unable)('neighbour discovery', () => {
  test('the Active router, and it alone, is in the solicited-node group', async () => {
    const { active, backup } = await boot(6);
    const groups = (host: Host) => host.exec(['ip', '-6', 'maddr', 'show', 'dev', 'eth0']);
    expect(await groups(active)).toContain('ff02::1:ff00:100');
    expect(await groups(backup)).not.toContain('ff02::1:ff00:100');
  });

  test('the addresses are usable at once: no duplicate address detection', async () => {
    const { active } = await boot(6);
    const shown = await active.exec(['ip', '-6', '-o', 'address', 'show', 'dev', 'eth0']);
    const lines = shown.split('\n').filter((line) => / (fe80::100|2001:db8::100)\//.test(line));
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toContain('nodad');
      expect(line).not.toContain('tentative');
    }
  });

  test('answers carry the Router flag on a host that forwards, and only there', async () => {
    const { active, client } = await boot(6);
    const flags = async (name: string) => {
      const capture = await Capture.start(client, name, 'icmp6 and ip6[40] == 136');
      await client.exec(['ip', 'neigh', 'flush', 'dev', 'eth0']);
      await answers(client, virtualAddress6);
      await capture.stop();
      const solicited = `icmpv6.nd.na.flag.s == 1 && icmpv6.nd.na.target_address == ${virtualAddress6}`;
      const replies = await readCapture(capture.file, solicited, ['icmpv6.nd.na.flag.r']);
      return new Set(replies.map((reply) => reply['icmpv6.nd.na.flag.r']));
    };
    expect(await flags('host')).toEqual(new Set(['0']));
    await active.exec(['sysctl', '-qw', 'net.ipv6.conf.eth0.forwarding=1']);
    expect(await flags('router')).toEqual(new Set(['1']));
  });

  test('neither router sends a router advertisement, in any state', async () => {
    const { client, agents } = await boot(6, async (created) => {
      await created.host(edgeA.name).exec(['sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1']);
    });
    const capture = await Capture.start(client, 'advertised', 'icmp6 and ip6[40] == 134');
    await client.exec(['ip', 'link', 'set', 'eth0', 'down']);
    // Coming up, the client asks for routers.
    await client.exec(['ip', 'link', 'set', 'eth0', 'up']);
    agents[0]?.child.kill('SIGTERM');
    await delay(1_500);
    await capture.stop();
    expect(await readCapture(capture.file, 'frame', ['frame.number'])).toEqual([]);
  });
});
