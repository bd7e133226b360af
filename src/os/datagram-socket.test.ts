import dgram from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { DatagramClient, type DatagramPath, DatagramServer } from './datagram-socket.ts';
import type { OsError } from './errors.ts';
import { closeDescriptor, duplicateDescriptor, openDatagramSocket } from './listen-socket.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Answers every datagram with what it says, in capitals. */
function echo(host: string): { port: number; flows: Set<string> } {
  const options = { port: 0, freeBind: false, reusePort: false };
  const { fd, port } = openDatagramSocket({ ...options, host });
  const flows = new Set<string>();
  const server: DatagramServer = new DatagramServer(fd, 'echo', {
    onDatagram(payload, flow, path) {
      flows.add(flow);
      const text = Buffer.from(payload).toString().toUpperCase();
      server.send(Buffer.from(text), path());
    },
    onError(error) {
      throw error;
    },
  });
  closing.push(() => server.close());
  return { port, flows };
}

async function ask(host: string, port: number, text: string): Promise<string> {
  const client = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
  closing.push(() => client.close());
  client.connect(port, host);
  await once(client, 'connect');
  client.send(text);
  const [answer] = (await once(client, 'message')) as [Buffer];
  return answer.toString();
}

describe('a bound UDP socket', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1'],
    ['::1', '::1'],
    ['::', '::1'],
  ])('on %s answers who asks %s', async (host, asked) => {
    const { port } = echo(host);
    expect(await ask(asked, port, 'hello')).toBe('HELLO');
  });

  it('on the wildcard address answers from the address that was asked', async () => {
    const { port, flows } = echo('0.0.0.0');
    // A connected client hears nothing from any other address.
    expect(await ask('127.0.0.2', port, 'two')).toBe('TWO');
    expect(await ask('127.200.0.3', port, 'three')).toBe('THREE');
    expect(flows.size).toBe(2);
  });

  it('takes the largest datagram, and an empty one', async () => {
    const { port } = echo('127.0.0.1');
    expect(await ask('127.0.0.1', port, 'a'.repeat(65_507))).toBe('A'.repeat(65_507));
    expect(await ask('127.0.0.1', port, '')).toBe('');
  });

  it('tells flows apart by address and port, and keeps one for one flow', async () => {
    const { port, flows } = echo('127.0.0.1');
    const client = dgram.createSocket('udp4');
    closing.push(() => client.close());
    for (const text of ['a', 'b', 'c']) {
      client.send(text, port, '127.0.0.1');
      await once(client, 'message');
    }
    expect(flows.size).toBe(1);
    await ask('127.0.0.1', port, 'other');
    expect(flows.size).toBe(2);
  });

  it('leaves its queue to the next owner of a duplicate', async () => {
    const options = { host: '127.0.0.1', freeBind: false, reusePort: true };
    const { fd, port } = openDatagramSocket({ ...options, port: 0 });
    closing.push(() => closeDescriptor(fd));
    const client = dgram.createSocket('udp4');
    closing.push(() => client.close());
    await new Promise((resolve) => client.send('queued', port, '127.0.0.1', resolve));
    const heard = Promise.withResolvers<string>();
    const server = new DatagramServer(duplicateDescriptor(fd), 'second', {
      onDatagram: (payload) => heard.resolve(Buffer.from(payload).toString()),
      onError: heard.reject,
    });
    closing.push(() => server.close());
    server.readQueued();
    expect(await heard.promise).toBe('queued');
  });
});

describe('a connected UDP socket', () => {
  it('hears its server only, and that nobody listens', async () => {
    const server = dgram.createSocket('udp4');
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    const answers: string[] = [];
    const failed = Promise.withResolvers<OsError>();
    const answered = Promise.withResolvers<void>();
    const client = new DatagramClient('127.0.0.1', port, {
      onAnswer(payload) {
        answers.push(Buffer.from(payload).toString());
        answered.resolve();
      },
      onError: failed.resolve,
    });
    closing.push(() => client.close());
    client.send(Buffer.from('ping'));
    const [text, from] = (await once(server, 'message')) as [Buffer, dgram.RemoteInfo];
    expect(text.toString()).toBe('ping');
    server.send('pong', from.port, from.address);
    await answered.promise;
    server.close();
    await once(server, 'close');
    client.send(Buffer.from('anybody?'));
    expect((await failed.promise).code).toBe('ECONNREFUSED');
    expect(answers).toEqual(['pong']);
  });

  it('refuses what is no address', () => {
    const receiver = { onAnswer() {}, onError() {} };
    expect(() => new DatagramClient('origin.example', 53, receiver)).toThrow('EINVAL');
  });
});

it('a path outlives the datagram', async () => {
  const { fd, port } = openDatagramSocket({
    host: '0.0.0.0',
    port: 0,
    freeBind: false,
    reusePort: false,
  });
  const paths: DatagramPath[] = [];
  const both = Promise.withResolvers<void>();
  const server = new DatagramServer(fd, 'later', {
    onDatagram(_payload, _flow, path) {
      paths.push(path());
      if (paths.length === 2) both.resolve();
    },
    onError: both.reject,
  });
  closing.push(() => server.close());
  const clients = [ask('127.0.0.1', port, 'x'), ask('127.0.0.9', port, 'x')];
  await both.promise;
  for (const path of paths) server.send(Buffer.from('late'), path);
  expect(await Promise.all(clients)).toEqual(['late', 'late']);
});
