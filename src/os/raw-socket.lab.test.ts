import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OsError } from './errors.ts';
import { interfaceIndex } from './interface-index.ts';
import { formatIp, parseIp } from './ip-address.ts';
import { PacketSocket } from './packet-socket.ts';
import { type RawPacket, RawSocket } from './raw-socket.ts';
import {
  HOST_ADDRESSES,
  type Host,
  makeHosts,
  onHost,
  removeHosts,
  sh,
  shOn,
} from './two-hosts.case.ts';

const GROUPS = { 4: parseIp('224.0.0.18')!, 6: parseIp('ff02::12')! } as const;
const PROTOCOL = 112;

interface Kept {
  readonly message: string;
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
  readonly interfaceIndex: number;
}

/** A socket whose packets can be awaited. */
class Inbox {
  readonly packets: Kept[] = [];
  readonly socket: RawSocket;
  #waiting: (() => void)[] = [];

  constructor(host: Host, family: 4 | 6, onPacket: (packet: RawPacket) => void = () => {}) {
    this.socket = onHost(
      host,
      () =>
        new RawSocket({
          family,
          protocol: PROTOCOL,
          interface: 'eth0',
          group: GROUPS[family],
          onPacket: (packet) => {
            onPacket(packet);
            this.packets.push({
              message: Buffer.from(packet.message).toString(),
              source: formatIp(packet.source),
              destination: formatIp(packet.destination),
              hopLimit: packet.hopLimit,
              interfaceIndex: packet.interfaceIndex,
            });
            for (const wake of this.#waiting.splice(0)) wake();
          },
          onError: (error) => {
            throw error;
          },
        }),
    );
    open.push(this.socket);
  }

  async has(count: number): Promise<Kept[]> {
    while (this.packets.length < count) {
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
    return this.packets;
  }
}

const open: { close(): void }[] = [];
const text = (message: string) => new TextEncoder().encode(message);

function linkLocal(host: Host): Uint8Array {
  const shown = shOn(host, 'ip -6 -o address show dev eth0 scope link');
  return parseIp(/inet6 ([0-9a-f:]+)\//.exec(shown)![1]!)!;
}

function sourceOf(host: Host, family: 4 | 6): Uint8Array {
  return family === 4 ? parseIp(HOST_ADDRESSES[host].v4)! : linkLocal(host);
}

function thrownBy(action: () => unknown): OsError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(OsError);
    return error as OsError;
  }
  throw new Error('nothing was thrown');
}

beforeAll(makeHosts);
afterAll(removeHosts);
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

describe.each([4, 6] as const)('a raw socket, IPv%i', (family) => {
  it('delivers source, destination, hop limit and interface', async () => {
    const right = new Inbox('right', family);
    const left = new Inbox('left', family);
    left.socket.send(text('twelve bytes'), sourceOf('left', family), GROUPS[family]);
    expect((await right.has(1))[0]).toEqual({
      message: 'twelve bytes',
      source: formatIp(sourceOf('left', family)),
      destination: formatIp(GROUPS[family]),
      hopLimit: 255,
      interfaceIndex: right.socket.interfaceIndex,
    });
    expect(left.packets).toEqual([]);
  });

  it('lets the receiver answer before it has read to the end', async () => {
    const left = new Inbox('left', family);
    const right: Inbox = new Inbox('right', family, () =>
      right.socket.send(text('answer'), sourceOf('right', family), GROUPS[family]),
    );
    left.socket.send(text('a question'), sourceOf('left', family), GROUPS[family]);
    expect((await left.has(1))[0]!.message).toBe('answer');
    expect(right.packets[0]!.message).toBe('a question');
  });

  it('delivers at once what is queued, when asked to', async () => {
    const right = new Inbox('right', family);
    const left = new Inbox('left', family);
    const source = sourceOf('left', family);
    for (let i = 0; i < 100; i++) {
      left.socket.send(text(`queued ${i}`), source, GROUPS[family]);
    }
    expect(right.socket.readQueued()).toBe(100);
    expect(right.packets.map((packet) => packet.message)[99]).toBe('queued 99');
    expect(right.socket.readQueued()).toBe(0);
    left.socket.send(text('new'), source, GROUPS[family]);
    expect((await right.has(101))[100]!.message).toBe('new');
  });

  it('reads a burst to the end over several wake-ups', async () => {
    const right = new Inbox('right', family);
    const left = new Inbox('left', family);
    const burst = Array.from({ length: 500 }, (_, i) => `packet ${i}`);
    const source = sourceOf('left', family);
    for (const message of burst) {
      left.socket.send(text(message), source, GROUPS[family]);
    }
    expect((await right.has(500)).map((packet) => packet.message)).toEqual(burst);
  });

  it('refuses a source that is not on this host', () => {
    const left = new Inbox('left', family);
    const stranger = family === 4 ? '203.0.113.9' : '2001:db8::9';
    const send = () => left.socket.send(text('x'), parseIp(stranger)!, GROUPS[family]);
    expect(thrownBy(send).code).toBe(family === 4 ? 'ENETUNREACH' : 'EINVAL');
  });

  it('is read correctly by tshark', async () => {
    const left = new Inbox('left', family);
    const filter = 'ip proto 112 or ip6 proto 112';
    const fields = ['ip.ttl', 'ipv6.hlim', 'ip.dst', 'ipv6.dst', 'eth.dst'].flatMap((f) => [
      '-e',
      f,
    ]);
    const args = [
      '-n',
      '-l',
      '-i',
      'eth0',
      '-c',
      '1',
      '-f',
      filter,
      '-T',
      'fields',
      '-E',
      'separator=,',
    ];
    const tshark = onHost('right', () => spawn('tshark', [...args, ...fields]));
    let output = '';
    tshark.stdout.on('data', (data) => {
      output += data;
    });
    let log = '';
    const source = sourceOf('left', family);
    const sender = setInterval(() => left.socket.send(text('seen?'), source, GROUPS[family]), 20);
    tshark.stderr.on('data', (data) => {
      log += data;
    });
    await once(tshark, 'close');
    clearInterval(sender);
    const expected =
      family === 4 ? '255,,224.0.0.18,,01:00:5e:00:00:12' : ',255,,ff02::12,33:33:00:00:00:12';
    expect(output.trim(), log).toBe(expected);
  });

  it('survives its interface going down and coming back', async () => {
    const right = new Inbox('right', family);
    const left = new Inbox('left', family);
    shOn('left', 'ip link set eth0 down');
    const source = family === 4 ? parseIp(HOST_ADDRESSES.left.v4)! : parseIp('fe80::ff:fe00:1')!;
    const failure = thrownBy(() => left.socket.send(text('x'), source, GROUPS[family]));
    expect(['ENETDOWN', 'ENETUNREACH', 'EINVAL', 'ENODEV']).toContain(failure.code);
    shOn('left', 'ip link set eth0 up');
    left.socket.send(text('back'), sourceOf('left', family), GROUPS[family]);
    expect((await right.has(1))[0]!.message).toBe('back');
  });
});

describe('opening a raw socket', () => {
  const options = {
    family: 4,
    protocol: PROTOCOL,
    interface: 'eth0',
    group: GROUPS[4],
    onPacket() {},
    onError() {},
  } as const;

  it('names an interface that is not there', () => {
    const error = thrownBy(() => new RawSocket({ ...options, interface: 'nosuch0' }));
    expect(error.message).toBe('if_nametoindex(nosuch0): ENODEV, no such device');
  });

  it('leaks no descriptor', () => {
    const descriptors = () => readdirSync('/proc/self/fd').length;
    onHost('left', () => new RawSocket(options)).close();
    const before = descriptors();
    for (let i = 0; i < 20; i++) {
      onHost('left', () => new RawSocket(options)).close();
      // An IPv6 group on an IPv4 socket fails half-way through.
      const broken = { ...options, group: parseIp('198.51.100.1')! };
      expect(thrownBy(() => onHost('left', () => new RawSocket(broken))).call).toBe('setsockopt');
    }
    expect(descriptors()).toBe(before);
  });

  it('says which capability is missing', () => {
    const script = `
      import { RawSocket } from '${new URL('./raw-socket.ts', import.meta.url).pathname}';
      try {
        new RawSocket({ family: 4, protocol: 112, interface: 'lo', group: new Uint8Array(4) });
      } catch (error) { console.log(error.code, error.message); }`;
    const output = execFileSync(
      'setpriv',
      ['--bounding-set=-net_raw', process.execPath, '--input-type=module', '-e', script],
      { encoding: 'utf8' },
    );
    expect(output).toBe('EPERM socket(lo, protocol 112, IPv4): EPERM, operation not permitted\n');
  });
});

describe('a packet socket', () => {
  let socket: PacketSocket;
  beforeEach(() => {
    socket = onHost('left', () => new PacketSocket());
    open.push(socket);
  });

  it('puts a frame on the wire as it is', async () => {
    const tshark = onHost('right', () =>
      spawn('tshark', ['-n', '-l', '-i', 'eth0', '-c', '1', '-f', 'ether proto 0x88b5', '-x']),
    );
    let output = '';
    tshark.stdout.on('data', (data) => {
      output += data;
    });
    const frame = new Uint8Array(60);
    frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, 0xca, 0xfe]);
    const index = onHost('left', () => interfaceIndex('eth0'));
    const sender = setInterval(() => socket.send(index, frame), 20);
    await once(tshark, 'close');
    clearInterval(sender);
    expect(output).toContain('02 00 00 00 00 02 02 00 00 00 00 01 88 b5 ca fe');
  });

  it('reports an interface that is missing or down', () => {
    expect(thrownBy(() => socket.send(9999, new Uint8Array(60))).code).toBe('ENXIO');
    shOn('left', 'ip link add down0 type veth peer name down1');
    const index = onHost('left', () => interfaceIndex('down0'));
    expect(thrownBy(() => socket.send(index, new Uint8Array(60))).code).toBe('ENETDOWN');
    shOn('left', 'ip link delete down0');
  });
});

it('leaves no namespace behind when asked to remove them', () => {
  expect(sh('ip netns list').split('\n').filter(Boolean).length).toBe(2);
});
