import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OsError } from '../../src/os/errors.ts';
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import {
  HOST_ADDRESSES,
  type Host,
  makeHosts,
  onHost,
  removeHosts,
  shOn,
} from '../../src/os/two-hosts.case.ts';
import { UdpSocket } from '../../src/os/udp-socket.ts';
import { type BfdPacket, encodeBfdPacket } from '../bfd/packet.ts';
import type { BfdSocket, Logger, NetworkPort } from '../ports.ts';
import { openNetwork } from './network.ts';
import { Capture } from './wire.case.ts';

const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silent,
};

const PACKET: BfdPacket = {
  diagnostic: 0,
  state: 'Down',
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMultiplier: 3,
  myDiscriminator: 0x01020304,
  yourDiscriminator: 0,
  desiredMinTxMicros: 1_000_000,
  requiredMinRxMicros: 3_000,
  requiredMinEchoRxMicros: 0,
};
const VIP = { 4: '198.51.100.100', 6: 'fe80::100' } as const;

const networks: NetworkPort[] = [];
let left: NetworkPort;
let right: NetworkPort;

async function networkOn(host: Host): Promise<NetworkPort> {
  const network = await onHost(host, () => openNetwork(silent));
  networks.push(network);
  return network;
}

beforeAll(makeHosts);
afterAll(removeHosts);
beforeEach(async () => {
  left = await networkOn('left');
  right = await networkOn('right');
});
afterEach(() => {
  for (const network of networks.splice(0)) network.close();
});

function addressOf(host: Host, family: 4 | 6): Uint8Array {
  if (family === 4) return parseIp(HOST_ADDRESSES[host].v4)!;
  const shown = shOn(host, 'ip -6 -o address show dev eth0 scope link');
  const all = [...shown.matchAll(/inet6 ([0-9a-f:]+)\//g)].map(([, text]) => text!);
  return parseIp(all.find((text) => text !== VIP[6])!)!;
}

/** A session's socket and what it received: `source hop-limit state`. */
function session(host: Host, network: NetworkPort, peer: Uint8Array) {
  const heard: string[] = [];
  let wake: () => void = () => {};
  const socket: BfdSocket = onHost(host, () =>
    network.openBfdSocket({
      interface: 'eth0',
      peer,
      onPacket: ({ message, source, hopLimit }) => {
        heard.push(`${formatIp(source)} ${hopLimit} ${Buffer.from(message).toString('hex')}`);
        wake();
      },
    }),
  );
  const has = async (count: number) => {
    while (heard.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return heard;
  };
  return { socket, heard, has };
}

describe.each([4, 6] as const)('the socket of a session, IPv%i', (family) => {
  const message = encodeBfdPacket(PACKET);
  const hex = Buffer.from(message).toString('hex');

  it('sends as RFC 5881 asks: from one high port, hop limit 255; tshark reads the packet', async () => {
    const own = addressOf('left', family);
    // As marked by routers: class selector 6.
    const marked =
      family === 4 ? 'ip[1] = 0xc0 and ip[8] = 255' : 'ip6[0:2] & 0xfff0 = 0x6c00 and ip6[7] = 255';
    const capture = await Capture.start('right', `${marked} and udp dst port 3784`);
    const one = session('left', left, addressOf('right', family));
    one.socket.send(message);
    one.socket.send(encodeBfdPacket({ ...PACKET, state: 'Up', poll: true, yourDiscriminator: 9 }));
    // 0x20 is Poll; tshark shows the state apart.
    const read = /State: (\w+), Flags: 0x(\w+)/;
    await capture.until((seen) => seen.filter(({ text }) => read.test(text)).length >= 2);
    await capture.stop();
    const seen = capture.matching(read);
    const ports = seen.map(({ text }) => Number(/from port (\d+)/.exec(text)?.[1]));
    expect(new Set(ports).size).toBe(1);
    expect(ports[0]).toBeGreaterThanOrEqual(49_152);
    expect(seen[0]!.text).toContain(`${formatIp(own)} > `);
    expect(seen.map(({ text }) => read.exec(text)?.slice(1))).toEqual([
      ['Down', '00'],
      ['Up', '20'],
    ]);
  });

  it("speaks from the host's own address, not from a virtual one", async () => {
    const vip = { address: VIP[family], prefixLength: family === 4 ? 24 : 64 };
    await left.addAddress('eth0', vip);
    const [one, other] = [
      session('left', left, addressOf('right', family)),
      session('right', right, addressOf('left', family)),
    ];
    one.socket.send(message);
    expect(await other.has(1)).toEqual([`${formatIp(addressOf('left', family))} 255 ${hex}`]);
    await left.removeAddress('eth0', vip);
  });

  it('shares the port with the other sessions of its interface, and gives it back', async () => {
    const stranger = parseIp(family === 4 ? '198.51.100.77' : 'fe80::77')!;
    const first = session('right', right, addressOf('left', family));
    const second = session('right', right, stranger);
    const sender = session('left', left, addressOf('right', family));
    sender.socket.send(message);
    await first.has(1);
    expect(second.heard).toEqual(first.heard);
    first.socket.close();
    first.socket.close();
    sender.socket.send(message);
    await second.has(2);
    expect(first.heard).toHaveLength(1);
    second.socket.close();
    const again = session('right', right, addressOf('left', family));
    sender.socket.send(message);
    await again.has(1);
  });

  it('delivers at once what is queued, when asked to', () => {
    const receiver = session('right', right, addressOf('left', family));
    const sender = session('left', left, addressOf('right', family));
    for (let i = 0; i < 5; i++) sender.socket.send(message);
    expect(receiver.socket.readQueued()).toBe(5);
    expect(receiver.heard).toHaveLength(5);
  });
});

it('says so when another program has the port, or there is no address to speak from', () => {
  const unused = () => {};
  const port = { family: 4, interface: 'eth0', port: 3784 } as const;
  const other = onHost(
    'left',
    () => new UdpSocket({ ...port, onDatagram: unused, onError: unused }),
  );
  let caught: unknown;
  try {
    session('left', left, addressOf('right', 4));
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(OsError);
  expect(caught).toMatchObject({ code: 'EADDRINUSE' });
  other.close();
  const homeless = session('left', left, parseIp('2001:db8::2')!);
  expect(() => homeless.socket.send(encodeBfdPacket(PACKET))).toThrow(
    /no address to send BFD from/,
  );
});
