/** Each way to make us work for nothing, with what is lost by it: one connection. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HTTP2 } from '../data-plane.fixture.ts';
import { AbuseMeter } from './abuse-meter.ts';
import {
  ALLOWANCES,
  CONTINUATIONS_MAX,
  SUSPECT_SHARE,
  SUSPICION_MS,
  WAITING_BYTES_MAX,
} from './limits.ts';
import { frame, Http2Scene, type MemoryClient, number } from './memory-client.fixture.ts';
import { ErrorCode, Flag, FrameType, Setting } from './protocol.ts';
import { settingsFrame } from './write-frames.ts';

let scene: Http2Scene;
let client: MemoryClient;
beforeEach(() => {
  scene = new Http2Scene();
  client = scene.client();
});
afterEach(() => scene.close());

/** The connection was ended for abuse, with nothing left behind, and others are served. */
function sentAway(): void {
  expect(client.goaways.at(-1)?.[1]).toBe(ErrorCode.enhanceYourCalm);
  expect(scene.plane.listener().http2Abuse).toBe(1);
  expect(scene.inFlight).toBe(0);
  const other = scene.client();
  scene.answer = () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  expect(other.stream(other.request()).content).toBe('ok');
}

const repeat = (times: number, act: () => void) => {
  for (let time = 0; time < times; time++) act();
};
const EMPTY = Buffer.alloc(0);

/** What is sent too often: its name, its kind, and one of it. */
type Flood = [string, keyof typeof ALLOWANCES, () => Buffer];

test('rapid reset (CVE-2023-44487)', () => {
  scene.answer = null;
  repeat(ALLOWANCES.resets.burst + 1, () => client.reset(client.request()));
  expect(scene.requests.length).toBeLessThanOrEqual(ALLOWANCES.resets.burst + 1);
  sentAway();
});

test('who was sent away and comes back has a part of its allowances until it is forgotten', () => {
  const pings = (count: number) =>
    Buffer.concat(
      Array.from({ length: count }, () => frame(FrameType.ping, 0, 0, Buffer.alloc(8))),
    );
  client.send(pings(ALLOWANCES.pings.burst + 1));
  const part = ALLOWANCES.pings.burst * (1 - SUSPECT_SHARE);
  const again = scene.client();
  again.send(pings(part));
  expect(again.goaways).toEqual([]);
  again.send(pings(1));
  expect(again.goaways.at(-1)?.[1]).toBe(ErrorCode.enhanceYourCalm);
  scene.engine.pass(SUSPICION_MS);
  const later = scene.client();
  later.send(pings(ALLOWANCES.pings.burst));
  expect(later.goaways).toEqual([]);
});

test('requests that are given up in the read that brings them go to no server', () => {
  const served = client.request();
  const given = client.block([
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'a'],
  ]);
  const whole = (id: number) =>
    frame(FrameType.headers, Flag.endHeaders | Flag.endStream, id, given);
  const reset = (id: number) => frame(FrameType.rstStream, 0, id, number(ErrorCode.cancel));
  const open = frame(FrameType.headers, Flag.endHeaders, 7, given);
  const content = frame(FrameType.data, 0, 7, Buffer.from('x'));
  client.send(Buffer.concat([whole(3), reset(3), whole(5), open, content, reset(7)]));
  expect([served, 5].map((id) => client.stream(id).content)).toEqual(['ok', 'ok']);
  expect(scene.requests).toHaveLength(2);
  expect(scene.origins.map(({ state }) => state)).toEqual(['open']);
  expect(scene.plane.listener().requests).toBe(4);
  expect(client.goaways).toEqual([]);
});

test('a PING for each DATA frame is how gRPC measures the way', () => {
  repeat(3 * ALLOWANCES.pings.burst, () => {
    client.request();
    client.send(frame(FrameType.ping, 0, 0, Buffer.alloc(8)));
  });
  expect(client.goaways).toEqual([]);
});

test('resets that we are made to send (CVE-2025-8671)', () => {
  scene.answer = null;
  repeat(ALLOWANCES.faults.burst + 1, () => client.allow(client.request(), 0));
  sentAway();
});

test('malformed requests, one after the other', () => {
  repeat(ALLOWANCES.faults.burst + 1, () => client.request('GET', '/', [['upgrade', 'x']]));
  sentAway();
});

test('streams beyond the number that may be open', () => {
  scene.answer = null;
  const open = HTTP2.streamsMax;
  repeat(open, () => client.request());
  const over = client.request();
  expect(client.stream(over).reset).toBe(ErrorCode.refusedStream);
  expect(scene.inFlight).toBe(open);
  repeat(ALLOWANCES.refused.burst, () => client.request());
  sentAway();
});

test('a head in endless frames', () => {
  client.send(frame(FrameType.headers, Flag.endStream, 1, EMPTY));
  repeat(CONTINUATIONS_MAX + 1, () => client.send(frame(FrameType.continuation, 0, 1, EMPTY)));
  sentAway();
});

test('a head of endless bytes', () => {
  const part = Buffer.alloc(16_384);
  client.send(frame(FrameType.headers, Flag.endStream, 1, part));
  repeat(2, () => client.send(frame(FrameType.continuation, 0, 1, part)));
  sentAway();
});

test('a head that is small until it is unpacked', () => {
  // One entry of 4000 bytes, named again by one byte each time.
  const entry = Buffer.concat([
    Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]),
    Buffer.alloc(4000, 0x62),
  ]);
  const start = client.block([
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'a'],
  ]);
  const bomb = Buffer.concat([start, entry, Buffer.alloc(900, 0xbe)]);
  client.send(frame(FrameType.headers, Flag.endHeaders | Flag.endStream, 1, bomb));
  expect(client.stream(1).heads[0]).toMatchObject({ ':status': '431' });
  const more = Buffer.concat([start.subarray(0, 3), Buffer.alloc(10_000, 0xbe)]);
  client.send(frame(FrameType.headers, Flag.endHeaders | Flag.endStream, 3, more));
  sentAway();
});

test.each<Flood>([
  ['settings', 'settings', () => settingsFrame([[Setting.initialWindowSize, 65_535]])],
  ['pings', 'pings', () => frame(FrameType.ping, 0, 0, Buffer.alloc(8))],
  ['priorities', 'priority', () => frame(FrameType.priority, 0, 1, Buffer.alloc(5))],
  ['unknown frames', 'unknown_frames', () => frame(0xbb, 0, 1, EMPTY)],
  [
    'windows that nobody needs',
    'window_updates',
    () => frame(FrameType.windowUpdate, 0, 0, number(1)),
  ],
])('floods of %s', (_what, kind, make) => {
  const { burst } = ALLOWANCES[kind];
  client.send(Buffer.concat(Array.from({ length: burst - 1 }, make)));
  expect(client.goaways).toEqual([]);
  client.send(Buffer.concat(Array.from({ length: 2 }, make)));
  sentAway();
});

test('content without content', () => {
  scene.answer = null;
  const id = client.request('POST', '/', [], false);
  repeat(ALLOWANCES.empty_data.burst + 1, () => client.data(id, ''));
  sentAway();
});

test('answers that nobody takes are bounded', async () => {
  const own = new Http2Scene({ http2: { ...HTTP2, streamsMax: 1000 } });
  const body = 'x'.repeat(60_000);
  own.answer = () => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const other = own.client([[Setting.initialWindowSize, 0]]);
  const enough = Math.ceil(WAITING_BYTES_MAX / body.length) + 2;
  repeat(enough, () => other.request());
  const late = other.request();
  expect(other.stream(late).reset).toBe(ErrorCode.refusedStream);
  own.engine.pass(11_000);
  expect(own.inFlight).toBe(0);
  await own.close();
});

test('what is forgiven with time', () => {
  const meter = new AbuseMeter(0);
  const { burst, perSecond } = ALLOWANCES.pings;
  repeat(burst, () => expect(meter.add('pings', 0)).toBe(true));
  expect(meter.add('pings', 0)).toBe(false);
  repeat(perSecond, () => meter.add('pings', 2000));
  expect(meter.add('pings', 3100)).toBe(true);
});
