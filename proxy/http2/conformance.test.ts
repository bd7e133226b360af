/** What RFC 9113 demands of one side for what the other does wrong, frame by frame. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { frame, Http2Scene, type MemoryClient, number } from './memory-client.fixture.ts';
import { ErrorCode, Flag, FrameType, Setting, STREAM_LARGEST } from './protocol.ts';
import { settingsFrame } from './write-frames.ts';

let scene: Http2Scene;
let client: MemoryClient;
beforeEach(() => {
  scene = new Http2Scene();
  scene.answer = null;
  client = scene.client();
});
afterEach(() => scene.close());

const { headers, data, rstStream, settings, ping, goaway, windowUpdate } = FrameType;
const { continuation, priority, pushPromise } = FrameType;
const EMPTY = Buffer.alloc(0);
const GET = Buffer.from([0x82, 0x84, 0x86, 0x41, 0x01, 0x61]);
const WHOLE = Flag.endHeaders | Flag.endStream;
const get = (stream: number, flags: number = WHOLE) => frame(headers, flags, stream, GET);
const padded = (type: number, flags: number, length: number, more: Buffer) =>
  frame(type, flags | Flag.padded, 1, Buffer.concat([Buffer.from([length]), more]));
const { protocolError, frameSizeError, flowControlError, streamClosed } = ErrorCode;
const { compressionError } = ErrorCode;

describe('errors of the connection', () => {
  test.each<[string, number, readonly Buffer[]]>([
    [
      '4.2 DATA longer than allowed',
      frameSizeError,
      [get(1, 4), frame(data, 0, 1, Buffer.alloc(16_385))],
    ],
    [
      '4.2 HEADERS longer than allowed',
      frameSizeError,
      [frame(headers, WHOLE, 1, Buffer.alloc(16_385))],
    ],
    ['4.3 a block that is none', compressionError, [frame(headers, WHOLE, 1, Buffer.from([0x80]))]],
    [
      '4.3 PRIORITY within a block',
      protocolError,
      [get(1, 1), frame(priority, 0, 1, Buffer.alloc(5))],
    ],
    ['4.3 HEADERS within a block', protocolError, [get(1, 1), get(3)]],
    ['4.3 an unknown frame within a block', protocolError, [get(1, 1), frame(0x16, 0, 1, EMPTY)]],
    ['5.1 DATA on an idle stream', protocolError, [frame(data, 0, 1, EMPTY)]],
    ['5.1 RST_STREAM on an idle stream', protocolError, [frame(rstStream, 0, 1, number(8))]],
    ['5.1 WINDOW_UPDATE on an idle stream', protocolError, [frame(windowUpdate, 0, 1, number(8))]],
    ['5.1.1 a stream of the server', protocolError, [get(2)]],
    ['5.1.1 a stream lower than the last', streamClosed, [get(5), get(3)]],
    ['6.1 DATA on stream 0', protocolError, [frame(data, 0, 0, EMPTY)]],
    [
      '6.1 DATA of more padding than payload',
      protocolError,
      [get(1, 4), padded(data, 1, 6, Buffer.alloc(5))],
    ],
    [
      '6.1 DATA with padding and without length',
      protocolError,
      [get(1, 4), frame(data, Flag.padded, 1, EMPTY)],
    ],
    ['6.2 HEADERS on stream 0', protocolError, [get(0)]],
    ['6.2 HEADERS of more padding than payload', protocolError, [padded(headers, WHOLE, 7, GET)]],
    [
      '6.2 HEADERS with a priority that is cut',
      protocolError,
      [frame(headers, WHOLE | Flag.priority, 1, Buffer.alloc(4))],
    ],
    ['6.3 PRIORITY on stream 0', protocolError, [frame(priority, 0, 0, Buffer.alloc(5))]],
    ['6.3 PRIORITY of 4 bytes', frameSizeError, [frame(priority, 0, 1, Buffer.alloc(4))]],
    ['6.4 RST_STREAM on stream 0', protocolError, [frame(rstStream, 0, 0, number(8))]],
    [
      '6.4 RST_STREAM of 3 bytes',
      frameSizeError,
      [get(1), frame(rstStream, 0, 1, Buffer.alloc(3))],
    ],
    [
      '6.5 SETTINGS ACK with content',
      frameSizeError,
      [frame(settings, Flag.ack, 0, Buffer.alloc(6))],
    ],
    ['6.5 SETTINGS on a stream', protocolError, [frame(settings, 0, 1, EMPTY)]],
    ['6.5 SETTINGS of 5 bytes', frameSizeError, [frame(settings, 0, 0, Buffer.alloc(5))]],
    ['6.5.2 ENABLE_PUSH of 2', protocolError, [settingsFrame([[Setting.enablePush, 2]])]],
    [
      '6.5.2 a window of 2^31',
      flowControlError,
      [settingsFrame([[Setting.initialWindowSize, 2 ** 31]])],
    ],
    ['6.5.2 frames of 16383', protocolError, [settingsFrame([[Setting.maxFrameSize, 16_383]])]],
    ['6.5.2 frames of 2^24', protocolError, [settingsFrame([[Setting.maxFrameSize, 2 ** 24]])]],
    ['6.6 PUSH_PROMISE of a client', protocolError, [get(1), frame(pushPromise, 4, 1, number(2))]],
    ['6.7 PING on a stream', protocolError, [frame(ping, 0, 1, Buffer.alloc(8))]],
    ['6.7 PING of 6 bytes', frameSizeError, [frame(ping, 0, 0, Buffer.alloc(6))]],
    ['6.8 GOAWAY on a stream', protocolError, [frame(goaway, 0, 1, Buffer.alloc(8))]],
    ['6.8 GOAWAY of 7 bytes', frameSizeError, [frame(goaway, 0, 0, Buffer.alloc(7))]],
    ['6.9 a window of the connection by 0', protocolError, [frame(windowUpdate, 0, 0, number(0))]],
    ['6.9 WINDOW_UPDATE of 3 bytes', frameSizeError, [frame(windowUpdate, 0, 0, Buffer.alloc(3))]],
    [
      '6.9.1 a window of the connection beyond 2^31',
      flowControlError,
      [frame(windowUpdate, 0, 0, number(STREAM_LARGEST))],
    ],
    [
      '6.9.2 a window of a stream beyond 2^31 by SETTINGS',
      flowControlError,
      [
        get(1),
        frame(windowUpdate, 0, 1, number(STREAM_LARGEST - 65_535)),
        settingsFrame([[Setting.initialWindowSize, 65_536]]),
      ],
    ],
    [
      '6.10 CONTINUATION on another stream',
      protocolError,
      [get(1, 1), frame(continuation, 4, 3, EMPTY)],
    ],
    ['6.10 CONTINUATION on stream 0', protocolError, [get(1, 1), frame(continuation, 4, 0, EMPTY)]],
    [
      '6.10 CONTINUATION after a whole block',
      protocolError,
      [get(1), frame(continuation, 4, 1, EMPTY)],
    ],
    [
      '6.10 CONTINUATION after DATA',
      protocolError,
      [get(1, 4), frame(data, 0, 1, GET), frame(continuation, 4, 1, EMPTY)],
    ],
  ])('%s', (_what, code, pieces) => {
    client.send(...pieces);
    expect(client.goaways.at(-1)?.[1]).toBe(code);
    expect(scene.inFlight).toBe(0);
  });
});

describe('errors of a stream', () => {
  test.each<[string, number, readonly Buffer[]]>([
    ['5.1 DATA after the end', streamClosed, [get(1), frame(data, 1, 1, GET)]],
    ['5.1 HEADERS after the end', streamClosed, [get(1), get(1)]],
    ['5.1 HEADERS without an end after the end', streamClosed, [get(1), get(1, 4)]],
    ['6.9 a window by 0', protocolError, [get(1), frame(windowUpdate, 0, 1, number(0))]],
    ['8.1 trailers without an end', protocolError, [get(1, 4), frame(headers, 4, 1, EMPTY)]],
    ['8.1 pseudo-fields in trailers', protocolError, [get(1, 4), get(1)]],
  ])('%s', (_what, code, pieces) => {
    client.send(...pieces);
    expect(client.stream(1).reset).toBe(code);
    expect(client.goaways).toEqual([]);
    expect(scene.inFlight).toBe(0);
  });
});

describe('what is no error', () => {
  test.each<[string, readonly Buffer[]]>([
    ['4.1 unknown flags', [frame(ping, 0xfe, 0, Buffer.alloc(8))]],
    [
      '5.1 WINDOW_UPDATE after a reset',
      [get(1), frame(rstStream, 0, 1, number(8)), frame(windowUpdate, 0, 1, number(8))],
    ],
    [
      '5.1 RST_STREAM after a reset',
      [get(1), frame(rstStream, 0, 1, number(8)), frame(rstStream, 0, 1, number(8))],
    ],
    ['5.1 PRIORITY on an idle stream', [frame(priority, 0, 9, Buffer.alloc(5))]],
    ['5.5 an unknown frame', [frame(0x16, 0xff, 7, Buffer.alloc(100))]],
    ['6.1 padding alone, once', [get(1, 4), padded(data, 0, 5, Buffer.alloc(5))]],
    [
      '6.2 HEADERS with padding and priority',
      [
        frame(
          headers,
          WHOLE | Flag.padded | Flag.priority,
          1,
          Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 9]), GET, Buffer.alloc(3)]),
        ),
      ],
    ],
    ['6.5.2 unknown settings', [settingsFrame([[0xff, 0xffff_ffff]])]],
    [
      '6.10 empty CONTINUATION',
      [get(1, 1), frame(continuation, 0, 1, EMPTY), frame(continuation, 4, 1, EMPTY)],
    ],
  ])('%s', (_what, pieces) => {
    client.send(...pieces);
    client.send(get(101));
    expect(client.goaways).toEqual([]);
    expect([1, 101].map((id) => client.stream(id).reset)).toEqual([null, null]);
    expect(scene.inFlight).toBeGreaterThan(0);
  });
});

test('content of requests that crossed the last GOAWAY is passed over, and those before are finished', async () => {
  const id = client.request();
  const drained = scene.plane.plane.drain(10_000);
  scene.engine.settle();
  client.send(frame(ping, Flag.ack, 0, Buffer.from('tandem-1')));
  expect(client.goaways.at(-1)).toEqual([id, ErrorCode.noError]);
  const late = client.request('POST', '/', [], false);
  client.data(late, 'x'.repeat(10_000));
  client.allow(late, 5);
  client.trailers(late, [['x-a', 'b']]);
  const other = client.request();
  client.reset(other);
  expect(client.goaways).toHaveLength(2);
  for (const origin of scene.origins) {
    origin.arrive(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n.'));
  }
  scene.engine.settle();
  expect(client.stream(id)).toMatchObject({ content: '.', ended: true, reset: null });
  expect(scene.requests).toHaveLength(1);
  client.connection.arrive('end');
  scene.engine.settle();
  await drained;
});
