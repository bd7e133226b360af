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

it('a packet that nobody knows is passed on once, and reset by the host that drains', async () => {
  // Both know each other's MAC address by now, which keeps them from passing it back.
  await expect
    .poll(() => shOn('left', 'nft list ruleset') + shOn('right', 'nft list ruleset'))
    .toMatch(/elements = \{ 02:00:00:00:00:02 \}[\s\S]*elements = \{ 02:00:00:00:00:01 \}/);
  const wires = [
    await Wire.start('left', 'tcp port 4242', servers.folder),
    await Wire.start('right', 'tcp port 4242', servers.folder),
  ];
  const packets = onHost('client', () => new PacketSocket());
  const index = onHost('client', () => interfaceIndex('eth0'));
  packets.send(index, stray(4242));
  await delay(300);
  packets.close();
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
