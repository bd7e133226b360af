/** Answers for several clients in one read of a connection that their requests share. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { proxyConfig, startPlane, upstreamConfig } from '../data-plane.fixture.ts';
import { rawClient } from '../raw-peers.fixture.ts';
import { FrameReader } from './frame-reader.ts';
import { frame } from './memory-client.fixture.ts';
import { Flag, FrameType, PREFACE } from './protocol.ts';

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

const data = (stream: number, text: string, flags = 0) =>
  frame(FrameType.data, flags, stream, Buffer.from(text));

/** A server that answers as soon as so many requests have come, in one piece. */
async function origin(count: number, answer: (streams: number[]) => Buffer): Promise<number> {
  const server = createServer((socket: Socket) => {
    const reader = new FrameReader();
    const streams: number[] = [];
    let skip = PREFACE.length;
    socket.on('error', () => {});
    socket.write(frame(FrameType.settings, 0, 0, Buffer.alloc(0)));
    socket.on('data', (bytes: Buffer) => {
      let at = Math.min(skip, bytes.length);
      skip -= at;
      while (at < bytes.length) {
        at = reader.step(bytes, at, bytes.length);
        if (reader.ready && reader.type === FrameType.headers) streams.push(reader.stream);
      }
      if (streams.length === count) socket.write(answer(streams.splice(0)));
    });
    ended.push(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ended.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('each client of HTTP/1 gets its own answer', async () => {
  const port = await origin(2, (streams) =>
    Buffer.concat([
      ...streams.map((id) => frame(FrameType.headers, Flag.endHeaders, id, Buffer.from([0x88]))),
      ...streams.map((id) => data(id, `for ${id}, `)),
      ...streams.map((id) => data(id, `only ${id}.`, Flag.endStream)),
    ]),
  );
  const front = startPlane(proxyConfig(upstreamConfig([port], { protocol: 'http2' })));
  ended.push(() => front.close());
  const clients = [await rawClient(front.port), await rawClient(front.port)];
  for (const client of clients) {
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    ended.push(() => client.socket.destroy());
  }
  const answers = await Promise.all(clients.map((client) => client.has('0\r\n\r\n')));
  const said = answers.map((text) => text.match(/(?:for|only) \d/g));
  expect(said.map((words) => words!.map((word) => word.split(' ')[0]))).toEqual([
    ['for', 'only'],
    ['for', 'only'],
  ]);
  expect(new Set(said.map((words) => words![0])).size).toBe(2);
});
