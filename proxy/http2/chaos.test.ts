/** Clients and servers that do anything in any order: nothing throws, and nothing is left behind. */
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { MemoryConnection } from '../io/memory-engine.fixture.ts';
import { HpackEncoder } from './hpack/encoder.ts';
import { frame, Http2Scene, type MemoryClient, number } from './memory-client.fixture.ts';
import { Flag, FrameType, Setting } from './protocol.ts';
import { settingsFrame } from './write-frames.ts';

const stream = fc.constantFrom(1, 3, 5, 7, 2, 0);
const size = fc.constantFrom(0, 1, 9, 5000, 16_384);

/** What a client does. */
type Act = (client: MemoryClient, scene: Http2Scene) => void;

const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Act>((client) => client.request()) },
  fc.boolean().map<Act>((ends) => (client) => client.request('POST', '/x', [], ends)),
  fc
    .constantFrom('3', '0', 'x')
    .map<Act>(
      (length) => (client) => client.request('PUT', '/', [['content-length', length]], false),
    ),
  fc.tuple(stream, size, fc.boolean()).map<Act>(
    ([id, length, ends]) =>
      (client) =>
        client.data(id, 'x'.repeat(length), ends),
  ),
  fc.tuple(stream, size).map<Act>(
    ([id, more]) =>
      (client) =>
        client.allow(id, more),
  ),
  stream.map<Act>((id) => (client) => client.reset(id)),
  stream.map<Act>((id) => (client) => client.trailers(id, [['x-a', 'b']])),
  size.map<Act>((window) => (client) => {
    client.send(settingsFrame([[Setting.initialWindowSize, window]]));
  }),
  fc
    .tuple(fc.nat(11), fc.nat(0xff), stream, fc.uint8Array({ maxLength: 20 }))
    .map<Act>(([type, flags, id, bytes]) => (client) => {
      client.send(frame(type, flags, id, Buffer.from(bytes)));
    }),
  fc.constant<Act>((client) =>
    client.send(frame(FrameType.goaway, 0, 0, Buffer.concat([number(0), number(0)]))),
  ),
  fc.constant<Act>((client) =>
    client.send(frame(FrameType.ping, Flag.ack, 0, Buffer.from('tandem-1'))),
  ),
  fc.constant<Act>((client) => client.connection.take()),
  fc.constant<Act>((client) => {
    client.connection.taking = false;
  }),
  fc.constantFrom(100, 3000).map<Act>((ms) => (_, scene) => scene.engine.pass(ms)),
  fc
    .constantFrom<'reset' | 'end' | 'bytes'>('reset', 'end', 'bytes')
    .map<Act>((what) => (_, scene) => {
      for (const origin of scene.origins) {
        if (what === 'bytes')
          origin.arrive(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab'));
        else origin.arrive(what);
      }
      scene.engine.settle();
    }),
  fc.constant<Act>((client, scene) => {
    client.connection.arrive('end');
    scene.engine.settle();
  }),
);

const answers = fc.constantFrom<string | null>(
  null,
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n${'y'.repeat(9)}\r\n0\r\nX-T: 1\r\n\r\n`,
  `HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n${'z'.repeat(70_000)}`,
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 200 OK\r\n\r\nuntil the end',
  'nonsense\r\n\r\n',
);

const timeouts = { responseTimeoutMs: 2000, idleTimeoutMs: 2000, keepAliveMax: 0 };
const limits = { headTimeoutMs: 1000, keepAliveTimeoutMs: 2000, idleTimeoutMs: 2000 };
const scene = new Http2Scene({ limits }, timeouts);
afterAll(() => scene.close());

test('clients of HTTP/2', () => {
  fc.assert(
    fc.property(answers, fc.boolean(), fc.array(acts, { maxLength: 25 }), (answer, slow, does) => {
      scene.answer = answer === null ? null : () => answer;
      scene.origins.length = 0;
      scene.engine.slow = slow;
      const client = scene.client();
      for (const act of does) act(client, scene);
      client.connection.arrive('reset');
      scene.engine.settle();
      scene.engine.pass(6000);
      const left = [scene.inFlight, scene.plane.listener().open, scene.engine.open];
      expect(left).toEqual([0, 0, 0]);
    }),
    { numRuns: 400 },
  );
});

/** What a server of HTTP/2 does with its connection. */
type Move = (origin: MemoryConnection) => void;

const encoder = new HpackEncoder();
/** `:status` of that number, and a field. */
function headOf(status: number, field: string): Buffer {
  const out = Buffer.alloc(100);
  const at = encoder.status(status, out, 0);
  const line = Buffer.from(`content-length${field}`);
  const end = field === '' ? at : encoder.field(line, 0, 14, 14, line.length, out, at);
  return out.subarray(0, end);
}

const moves: fc.Arbitrary<Move> = fc.oneof(
  fc
    .tuple(
      stream,
      fc.constantFrom(200, 204, 100, 103, 101, 404),
      fc.constantFrom('', '4', '0'),
      fc.boolean(),
    )
    .map<Move>(([id, status, length, ends]) => (origin) => {
      const flags = Flag.endHeaders | (ends ? Flag.endStream : 0);
      origin.arrive(frame(FrameType.headers, flags, id, headOf(status, length)));
    }),
  fc.tuple(stream, size, fc.boolean()).map<Move>(([id, length, ends]) => (origin) => {
    origin.arrive(frame(FrameType.data, ends ? Flag.endStream : 0, id, Buffer.alloc(length)));
  }),
  fc.tuple(stream, fc.constantFrom(0, 7, 8)).map<Move>(
    ([id, code]) =>
      (origin) =>
        origin.arrive(frame(FrameType.rstStream, 0, id, number(code))),
  ),
  stream.map<Move>((last) => (origin) => {
    origin.arrive(frame(FrameType.goaway, 0, 0, Buffer.concat([number(last), number(0)])));
  }),
  fc.tuple(stream, size).map<Move>(([id, more]) => (origin) => {
    origin.arrive(frame(FrameType.windowUpdate, 0, id, number(more)));
  }),
  fc
    .tuple(fc.nat(11), fc.nat(0xff), stream, fc.uint8Array({ maxLength: 20 }))
    .map<Move>(([type, flags, id, bytes]) => (origin) => {
      origin.arrive(frame(type, flags, id, Buffer.from(bytes)));
    }),
  fc
    .constantFrom('end' as const, 'reset' as const)
    .map<Move>((what) => (origin) => origin.arrive(what)),
  size.map<Move>(
    (window) => (origin) =>
      origin.arrive(
        settingsFrame([
          [4, window],
          [3, window],
        ]),
      ),
  ),
);

const behind = new Http2Scene({ limits }, { ...timeouts, protocol: 'http2' });
afterAll(() => behind.close());

test('servers of HTTP/2', () => {
  const requests = fc.array(fc.constantFrom('GET', 'POST', 'HEAD'), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      requests,
      fc.array(moves, { maxLength: 12 }),
      fc.boolean(),
      (methods, does, slow) => {
        const origins: MemoryConnection[] = [];
        behind.engine.slow = slow;
        behind.engine.onOutgoing = (origin) => {
          origins.push(origin);
          origin.establish();
          origin.arrive(settingsFrame([]));
        };
        const client = behind.client();
        for (const method of methods) client.request(method, '/', [], method !== 'POST');
        for (const move of does) {
          for (const origin of [...origins]) move(origin);
          behind.engine.settle();
        }
        behind.engine.pass(3000);
        client.connection.arrive('reset');
        behind.engine.settle();
        behind.engine.pass(6000);
        for (const origin of origins) if (origin.open) origin.arrive('end');
        behind.engine.settle();
        const left = [behind.inFlight, behind.plane.listener().open, behind.engine.open];
        expect(left).toEqual([0, 0, 0]);
      },
    ),
    { numRuns: 400 },
  );
});
