import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { interfaceIndex } from '../../src/os/interface-index.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import { PacketSocket } from '../../src/os/packet-socket.ts';
import { onHost, shOn } from '../../src/os/two-hosts.case.ts';
import { addWords, fold } from '../packet/checksum.ts';
import { HostProcess, Load, makeLan, OWN, removeLan, Servers, Wire } from './handover-lab.case.ts';

const ADDRESS = '198.51.100.100';
const CLIENT = '198.51.100.9';
const router = {
  family: 4,
  vrid: 51,
  mode: 'plain',
  addresses: [{ address: ADDRESS, prefixLength: 24 }],
} as const;

let servers: Servers;
let left: HostProcess;
let right: HostProcess;
beforeAll(async () => {
  makeLan();
  servers = await Servers.start();
});
afterAll(async () => {
  await servers.stop();
  removeLan();
});
/** `left` drains, `right` passes strangers on to it, and `left` is about to take the address back. */
beforeEach(async () => {
  left = await HostProcess.start('left', router);
  right = await HostProcess.start('right', router);
  await left.do('claim');
  await right.do('passOn', OWN.left[4]);
  await left.do('give', 60_000);
  await right.do('claim');
  await left.do('passOn', OWN.right[4]);
});
afterEach(async () => {
  await left.quit();
  await right.quit();
});

/** A TCP segment of a connection that no host has, from the client to `right`. */
function stray(port: number): Uint8Array {
  const frame = new Uint8Array(60);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 9, 0x08, 0x00]);
  frame.set([0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0], 14);
  frame.set([...parseIp(CLIENT)!, ...parseIp(ADDRESS)!], 26);
  const header = fold(addWords(frame.subarray(14, 34)));
  frame.set([header >> 8, header & 0xff], 24);
  frame.set([port >> 8, port & 0xff, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0], 34);
  const sum = fold(addWords(frame.subarray(34, 54), addWords(frame.subarray(26, 34))) + 20 + 6);
  frame.set([sum >> 8, sum & 0xff], 50);
  return frame;
}

/** Both know each other's MAC address by now, which keeps them from passing a packet back. */
async function peersKnown(): Promise<void> {
  await expect
    .poll(() => shOn('left', 'nft list ruleset') + shOn('right', 'nft list ruleset'))
    .toMatch(/elements = \{ 02:00:00:00:00:02 \}[\s\S]*elements = \{ 02:00:00:00:00:01 \}/);
}

/** A router says that the path from the address to the client takes shorter packets. */
function tooBig(): Uint8Array {
  const inner = stray(4244).subarray(14, 42);
  const frame = new Uint8Array(70);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 9, 0x08, 0x00]);
  frame.set([0x45, 0, 0, 56, 0, 0, 0x40, 0, 64, 1, 0, 0], 14);
  frame.set([...parseIp(CLIENT)!, ...parseIp(ADDRESS)!], 26);
  const header = fold(addWords(frame.subarray(14, 34)));
  frame.set([header >> 8, header & 0xff], 24);
  frame.set([3, 4, 0, 0, 0, 0, 1280 >> 8, 1280 & 0xff, ...inner], 34);
  const sum = fold(addWords(frame.subarray(34)));
  frame.set([sum >> 8, sum & 0xff], 36);
  return frame;
}

/** Sends frames from the client. */
async function sent(...frames: Uint8Array[]): Promise<void> {
  const packets = onHost('client', () => new PacketSocket());
  const index = onHost('client', () => interfaceIndex('eth0'));
  for (const frame of frames) packets.send(index, frame);
  await delay(300);
  packets.close();
}

it('word of a path that takes shorter packets comes to both hosts, once', async () => {
  const heard = () =>
    (['left', 'right'] as const).map((host) =>
      Number(shOn(host, "nstat -asz IcmpInDestUnreachs | awk '/Unreachs/ {print $2}'")),
    );
  await peersKnown();
  const [left, right] = heard() as [number, number];
  await sent(tooBig());
  expect(heard()).toEqual([left + 1, right + 1]);
});

it('what is passed on goes through the output chain of the host that passes it on', async () => {
  await peersKnown();
  shOn(
    'right',
    'nft "add table ip fw; add chain ip fw out { type filter hook output priority 0; policy drop; }"',
  );
  const resets = async (port: number) => {
    const wire = await Wire.start('left', `tcp port ${port}`, servers.folder);
    await sent(stray(port));
    return (await wire.end('tcp')).length;
  };
  expect(await resets(4245)).toBe(0);
  shOn('right', `nft add rule ip fw out oifname eth0 ip daddr ${ADDRESS} accept`);
  expect(await resets(4246)).toBe(1);
  shOn('right', 'nft delete table ip fw');
});

it('a packet that nobody knows is passed on once, and reset by the host that drains', async () => {
  await peersKnown();
  const wires = [
    await Wire.start('left', 'tcp port 4242', servers.folder),
    await Wire.start('right', 'tcp port 4242', servers.folder),
  ];
  await sent(stray(4242));
  const [fromLeft, fromRight] = [await wires[0]!.end('tcp'), await wires[1]!.end('tcp')];
  expect(fromLeft).toEqual([expect.stringContaining('[RST]')]);
  expect(fromRight).toEqual([expect.stringContaining('[ACK]')]);
  expect(await right.do('passed')).toEqual({ packets: 1, bytes: 40 });
  expect(await left.do('passed')).toEqual({ packets: 0, bytes: 0 });
});

it('a host that answers SYNs with cookies takes its own connections for its own', async () => {
  shOn('right', 'sysctl -qw net.ipv4.tcp_syncookies=2');
  const load = await Load.start({
    host: ADDRESS,
    keepAlive: 2,
    tls: 2,
    everyMs: 10,
    newEveryMs: 5,
    uploadBytes: 1024,
  });
  await delay(1_000);
  const report = await load.end();
  shOn('right', 'sysctl -qw net.ipv4.tcp_syncookies=1');
  expect(report.failures).toEqual([]);
  expect(Object.keys(report.servedBy)).toEqual(['right']);
  const cookies = shOn('right', "nstat -asz TcpExtSyncookiesRecv | awk '/Syncookies/ {print $2}'");
  expect(Number(cookies)).toBeGreaterThanOrEqual(report.newConnections);
  expect((await right.do('passed')).packets).toBe(0);
});

it('rules that somebody flushes come back, on both hosts, and those of a dead agent are swept', async () => {
  const listed = (host: 'left' | 'right') => shOn(host, 'nft -s -t list ruleset');
  for (const [host, one] of [
    ['left', left],
    ['right', right],
  ] as const) {
    const rules = listed(host).split('\n').sort();
    shOn(host, 'nft flush ruleset');
    await expect.poll(() => listed(host).split('\n').sort()).toEqual(rules);
    expect((await one.do('said')).join()).toContain('somebody changed or removed the rules');
  }
  expect(shOn('left', 'nft list ruleset')).toMatch(/set drain \{[^}]*elements = \{ "eth0"/);
  await left.kill();
  left = await HostProcess.start('left', { ...router, vrid: 52 });
  const index = onHost('left', () => interfaceIndex('eth0'));
  expect(shOn('left', 'nft list tables')).toContain(`table ip tandem_${index}_ipv4_51`);
  await left.do('sweep');
  expect(shOn('left', 'nft list tables').trim()).toBe(`table netdev tandem_${index}_ipv4_52`);
});
