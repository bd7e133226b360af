/**
 * A host of the LAN that means harm: it keeps every advertisement it hears, sends forged ones, and
 * sends the kept ones again under the address of their sender. Orders on standard input, a line each,
 * every one answered with a line of JSON:
 *
 *     forge SOURCE PRIORITY     an unsigned VRRPv3 advertisement; answers 1
 *     replay SOURCE PRIORITY    all that were heard of that sender with that priority; answers how many
 *     heard SOURCE PRIORITY     how many those are
 */
import { createInterface } from 'node:readline';
import { encodeAdvertisement } from '../../keepalive/packet/advertisement.ts';
import { addWords, fold, VRRP_PROTOCOL } from '../../keepalive/packet/checksum.ts';
import { multicastGroup } from '../../keepalive/packet/multicast-group.ts';
import { interfaceIndex } from '../../src/os/interface-index.ts';
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import { PacketSocket } from '../../src/os/packet-socket.ts';
import { RawSocket } from '../../src/os/raw-socket.ts';
import { virtualAddress4 } from './address-plan.ts';

const VRID = 51;
const group = multicastGroup(4);
const groupMac = [0x01, 0x00, 0x5e, 0, 0, 18];
const ownMac = [0x02, 0, 0, 0, 0, 0x66];
const device = interfaceIndex('eth0');
const frames = new PacketSocket();
const kept: { readonly source: string; readonly message: Uint8Array }[] = [];

new RawSocket({
  family: 4,
  protocol: VRRP_PROTOCOL,
  interface: 'eth0',
  group,
  onPacket: ({ source, message }) =>
    kept.push({ source: formatIp(source), message: message.slice() }),
  onError: (error) => {
    throw error;
  },
});

function send(source: Uint8Array, message: Uint8Array): void {
  const header = new Uint8Array(20);
  const length = 20 + message.length;
  header.set([0x45, 0xc0, length >> 8, length & 0xff, 0, 0, 0, 0, 255, VRRP_PROTOCOL]);
  header.set(source, 12);
  header.set(group, 16);
  const checksum = fold(addWords(header));
  header.set([checksum >> 8, checksum & 0xff], 10);
  frames.send(device, Uint8Array.from([...groupMac, ...ownMac, 0x08, 0, ...header, ...message]));
}

function forge(source: Uint8Array, priority: number): number {
  const addresses = [parseIp(virtualAddress4)!];
  const advert = { version: 3, vrid: VRID, priority, intervalMicros: 100_000, addresses } as const;
  const options = { source, destination: group, checksumForm: 'pseudo-header' } as const;
  send(source, encodeAdvertisement(advert, options));
  return 1;
}

for await (const line of createInterface({ input: process.stdin })) {
  const [order, address = '', priority = ''] = line.split(' ');
  const source = parseIp(address)!;
  const matching = kept.filter(
    (one) => one.source === address && one.message[2] === Number(priority),
  );
  if (order === 'replay') for (const { message } of matching) send(source, message);
  const answer = order === 'forge' ? forge(source, Number(priority)) : matching.length;
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
