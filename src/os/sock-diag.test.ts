import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { parseIp } from './ip-address.ts';
import { CENSUS_ADDRESSES_MAX, countConnections, diagQuestion, readPart } from './sock-diag.ts';

const open: (Server | Socket)[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) {
    if ('destroy' in one) one.destroy();
    else one.close();
  }
});

async function listen(host: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    open.push(socket);
  }).listen(0, host);
  await once(server, 'listening');
  open.push(server);
  return (server.address() as AddressInfo).port;
}

async function join(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, localAddress: host.includes(':') ? '::1' : '127.9.8.1' });
  await once(socket, 'connect');
  open.push(socket);
  return socket;
}

const count = (...texts: string[]) => countConnections(texts.map((text) => parseIp(text)!));

describe('the count of connections', () => {
  it('is of the addresses asked for, whatever family the listener is of', async () => {
    const [four, six] = [await listen('127.9.9.1'), await listen('::')];
    // They listen, and nobody is connected.
    expect(await count('127.9.9.1', '127.9.9.2')).toBe(0);
    for (let n = 0; n < 3; n++) await join('127.9.9.1', four);
    for (let n = 0; n < 2; n++) await join('127.9.9.2', six);
    expect(await count('127.9.9.1')).toBe(3);
    expect(await count('127.9.9.2')).toBe(2);
    expect(await count('127.9.9.3')).toBe(0);
    expect(await count('127.9.9.3', '127.9.9.1', '127.9.9.2')).toBe(5);
    const others = await count('::1');
    await join('::1', six);
    // Both ends are this host's.
    expect(await count('::1')).toBe(others + 2);
    expect(await count('127.9.9.1', '::1', '127.9.9.2')).toBe(others + 7);
  });

  it('knows nothing of connections that are over', async () => {
    const port = await listen('127.9.9.4');
    const socket = await join('127.9.9.4', port);
    const server = open.find((one) => 'remotePort' in one && one.remotePort === socket.localPort);
    expect(await count('127.9.9.4')).toBe(1);
    // Whoever closes first is the one in TIME_WAIT.
    (server as Socket).end();
    await once(socket, 'end');
    socket.end();
    await once(socket, 'close');
    await expect.poll(() => count('127.9.9.4')).toBe(0);
  });

  it('answers questions that are asked at the same time, and one with all addresses it may have', async () => {
    const port = await listen('127.9.9.5');
    await join('127.9.9.5', port);
    const many = Array.from(
      { length: CENSUS_ADDRESSES_MAX - 1 },
      (_, n) => `10.0.${n >> 8}.${n & 255}`,
    );
    const answers = [count('127.9.9.5'), count(), count('127.9.9.6'), count(...many, '127.9.9.5')];
    expect(await Promise.all(answers)).toEqual([1, 0, 0, 1]);
    expect(() => count(...many, '127.9.9.5', '127.9.9.6')).toThrow(RangeError);
  });
});

it('asks in as many bytes as it says', () => {
  const ip = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  );
  fc.assert(
    fc.property(fc.array(ip, { minLength: 1, maxLength: 50 }), (addresses) => {
      const question = diagQuestion(10, addresses);
      expect(new DataView(question.buffer).getUint32(0, true)).toBe(question.length);
      const size = (bytes: number) => 12 + bytes + 4;
      const filter = addresses.reduce((sum, { length }) => sum + size(length), -4);
      expect(question.length).toBe(16 + 56 + 4 + filter);
    }),
  );
});

it('reads any part without an exception but for a refusal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      let sockets = 0;
      try {
        readPart(bytes, ({ length }) => {
          sockets++;
          expect(length).toBeGreaterThanOrEqual(16 + 4 + 48);
        });
        expect(sockets).toBeLessThanOrEqual(bytes.length / 68);
      } catch (error) {
        expect((error as Error).message).toContain('sock_diag');
      }
    }),
  );
});

it('reads as many sockets as a part has, and whether it is the last', () => {
  const message = (type: number, length: number) => {
    const bytes = new Uint8Array((length + 3) & ~3);
    new DataView(bytes.buffer).setUint32(0, length, true);
    new DataView(bytes.buffer).setUint16(4, type, true);
    return bytes;
  };
  const part = (...messages: Uint8Array[]) => new Uint8Array(Buffer.concat(messages));
  const read = (bytes: Uint8Array) => {
    const lengths: number[] = [];
    return { last: readPart(bytes, ({ length }) => lengths.push(length)), lengths };
  };
  const [socket, other, done] = [message(20, 88), message(20, 101), message(3, 20)];
  expect(read(part(socket, other))).toEqual({ last: false, lengths: [88, 101] });
  expect(read(part(socket, done, other))).toEqual({ last: true, lengths: [88] });
  expect(read(part(message(20, 40), socket))).toEqual({ last: false, lengths: [88] });
  const refused = message(2, 36);
  new DataView(refused.buffer).setInt32(16, -1, true);
  expect(() => read(part(socket, refused))).toThrow('sock_diag');
});
