import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OsError } from './errors.ts';
import { formatIp, parseIp } from './ip-address.ts';
import {
  HOST_ADDRESSES,
  type Host,
  makeHosts,
  onHost,
  removeHosts,
  shOn,
} from './two-hosts.case.ts';
import { UdpSocket } from './udp-socket.ts';

const PORT = 3784;

interface Kept {
  readonly message: string;
  readonly source: string;
  readonly sourcePort: number;
  readonly hopLimit: number;
}

const open: { close(): void }[] = [];
const bytes = (text: string) => new TextEncoder().encode(text);

/** A socket whose datagrams can be awaited. */
class Inbox {
  readonly kept: Kept[] = [];
  readonly socket: UdpSocket;
  #wake: () => void = () => {};

  constructor(host: Host, family: 4 | 6, port = PORT, device = 'eth0') {
    this.socket = onHost(
      host,
      () =>
        new UdpSocket({
          family,
          interface: device,
          port,
          onDatagram: ({ message, source, sourcePort, hopLimit }) => {
            const text = Buffer.from(message).toString();
            this.kept.push({ message: text, source: formatIp(source), sourcePort, hopLimit });
            this.#wake();
          },
          onError: (error) => {
            throw error;
          },
        }),
    );
    open.push(this.socket);
  }

  async has(count: number): Promise<Kept[]> {
    while (this.kept.length < count) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
    return this.kept;
  }
}

function linkLocal(host: Host): Uint8Array {
  const shown = shOn(host, 'ip -6 -o address show dev eth0 scope link');
  return parseIp(/inet6 ([0-9a-f:]+)\//.exec(shown)![1]!)!;
}

function addressOf(host: Host, family: 4 | 6): Uint8Array {
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

describe.each([4, 6] as const)('a UDP socket, IPv%i', (family) => {
  it('delivers source address, source port and hop limit 255', async () => {
    const right = new Inbox('right', family);
    const left = new Inbox('left', family, 50_000);
    const source = addressOf('left', family);
    left.socket.send(bytes('hello'), source, addressOf('right', family), PORT);
    expect(await right.has(1)).toEqual([
      { message: 'hello', source: formatIp(source), sourcePort: 50_000, hopLimit: 255 },
    ]);
  });

  it('sees the hop limit of a sender that uses another', async () => {
    const right = new Inbox('right', family);
    const target = `${formatIp(addressOf('right', family))}${family === 6 ? '%eth0' : ''}`;
    const script = `
      const socket = require('node:dgram').createSocket('udp${family}');
      socket.bind(() => {
        socket.setTTL(64);
        socket.send('from afar', ${PORT}, '${target}', () => socket.close());
      });`;
    onHost('left', () => execFileSync(process.execPath, ['-e', script]));
    expect((await right.has(1))[0]).toMatchObject({ message: 'from afar', hopLimit: 64 });
  });

  it('delivers at once what is queued, when asked to', () => {
    const right = new Inbox('right', family);
    const left = new Inbox('left', family, 50_000);
    for (let i = 0; i < 20; i++) {
      const [from, to] = [addressOf('left', family), addressOf('right', family)];
      left.socket.send(bytes(`queued ${i}`), from, to, PORT);
    }
    expect(right.socket.readQueued()).toBe(20);
    expect(right.kept.at(-1)?.message).toBe('queued 19');
    expect(right.socket.readQueued()).toBe(0);
  });

  it('has its port on its own interface only', async () => {
    shOn('right', 'ip link add other0 type veth peer name other1 && ip link set other0 up');
    const right = new Inbox('right', family);
    const other = new Inbox('right', family, PORT, 'other0');
    const left = new Inbox('left', family, 50_000);
    left.socket.send(bytes('here'), addressOf('left', family), addressOf('right', family), PORT);
    expect((await right.has(1))[0]?.message).toBe('here');
    expect(other.kept).toEqual([]);
    shOn('right', 'ip link delete other0');
  });

  it('says what it could not do', () => {
    new Inbox('left', family);
    expect(thrownBy(() => new Inbox('left', family)).code).toBe('EADDRINUSE');
    expect(thrownBy(() => new Inbox('left', family, PORT, 'nosuch0')).code).toBe('ENODEV');
    const { socket } = new Inbox('right', family, 50_000);
    const foreign = parseIp(family === 4 ? '203.0.113.9' : '2001:db8::9')!;
    const failure = thrownBy(() => socket.send(bytes('x'), foreign, addressOf('left', family), 9));
    expect(failure.message).toContain('eth0, UDP port 50000');
  });
});
