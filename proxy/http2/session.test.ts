import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HTTP2 } from '../data-plane.fixture.ts';
import { frame, Http2Scene, type MemoryClient, number } from './memory-client.fixture.ts';
import { ErrorCode, Flag, FrameType, PREFACE, Setting, STREAM_LARGEST } from './protocol.ts';
import { settingsFrame } from './write-frames.ts';

let scene: Http2Scene;
let client: MemoryClient;
beforeEach(() => {
  scene = new Http2Scene();
  client = scene.client();
});
afterEach(() => scene.close());

/** The session was given up with that code. */
const broken = (code: number) => expect(client.goaways.at(-1)?.[1]).toBe(code);

describe('flow control', () => {
  test('an answer stops at the windows and goes on with them', () => {
    scene.answer = () => `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n${'x'.repeat(100)}`;
    const other = scene.client([[Setting.initialWindowSize, 10]]);
    const id = other.request();
    expect(other.stream(id).content).toHaveLength(10);
    other.allow(id, 25);
    expect(other.stream(id).content).toHaveLength(35);
    other.send(settingsFrame([[Setting.initialWindowSize, 5]]));
    other.allow(id, 5);
    expect(other.stream(id).content).toHaveLength(35);
    other.allow(id, 10);
    expect(other.stream(id).content).toHaveLength(45);
    other.send(settingsFrame([[Setting.initialWindowSize, 1000]]));
    expect(other.stream(id)).toMatchObject({ ended: true, reset: null });
    expect(other.stream(id).content).toHaveLength(100);
  });

  test('streams share the window of the connection in turns', () => {
    const body = 'x'.repeat(60_000);
    scene.answer = () => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const ids = [client.request(), client.request(), client.request()];
    const sizes = () => ids.map((id) => client.stream(id).content.length);
    expect(sizes().reduce((a, b) => a + b)).toBe(65_535);
    client.allow(0, 60_000);
    const [, second, third] = sizes();
    expect(Math.abs(second! - third!)).toBeLessThanOrEqual(16_384);
    client.allow(0, 60_000);
    expect(sizes()).toEqual([60_000, 60_000, 60_000]);
  });

  test('who reads too slowly is cut off after the idle timeout, whatever it allows meanwhile', async () => {
    const own = new Http2Scene({ limits: { idleTimeoutMs: 1000 } });
    own.answer = () => `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n${'x'.repeat(100)}`;
    const other = own.client([[Setting.initialWindowSize, 1]]);
    const id = other.request();
    for (let times = 0; times < 4; times++) {
      own.engine.pass(300);
      other.allow(id, 1);
    }
    expect(other.stream(id).reset).toBe(ErrorCode.cancel);
    expect(own.inFlight).toBe(0);
    await own.close();
  });

  test('uploads are allowed on as they are taken', () => {
    const id = client.request('POST', '/', [], false);
    for (let times = 0; times < 10; times++) client.data(id, 'x'.repeat(16_000));
    client.data(id, '', true);
    expect(scene.requests[0]!.body).toHaveLength(160_000);
    expect(client.goaways).toEqual([]);
  });

  test('more than was allowed is an error', () => {
    scene.engine.onOutgoing = () => {};
    const id = client.request('POST', '/', [], false);
    for (let times = 0; times < 5; times++) client.data(id, 'x'.repeat(16_000));
    expect(client.stream(id).reset).toBe(ErrorCode.flowControlError);
  });

  test.each([
    ['nothing more', 0, ErrorCode.protocolError],
    ['too much', STREAM_LARGEST, ErrorCode.flowControlError],
  ])('a stream that is allowed %s is reset', (_what, more, code) => {
    scene.answer = null;
    const id = client.request();
    client.allow(id, more);
    expect(client.stream(id).reset).toBe(code);
    expect(scene.inFlight).toBe(0);
  });
});

describe('an orderly end', () => {
  test('has two steps', async () => {
    scene.answer = null;
    const id = client.request();
    const drained = scene.plane.plane.drain(10_000);
    scene.engine.settle();
    expect(client.goaways).toEqual([[STREAM_LARGEST, ErrorCode.noError]]);
    const late = client.request();
    client.send(frame(FrameType.ping, Flag.ack, 0, Buffer.from('tandem-1')));
    expect(client.goaways[1]).toEqual([late, ErrorCode.noError]);
    const after = client.request();
    for (const origin of scene.origins) {
      origin.arrive(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n.'));
    }
    scene.engine.settle();
    expect([id, late].map((one) => client.stream(one).content)).toEqual(['.', '.']);
    expect(client.stream(after)).toMatchObject({ heads: [], reset: null });
    expect(client.connection.state).toBe('ended');
    client.connection.arrive('end');
    scene.engine.settle();
    await drained;
  });

  test('comes to an idle connection', () => {
    client.request();
    scene.engine.pass(11_000);
    expect(client.goaways).toEqual([[1, ErrorCode.noError]]);
    expect(client.connection.state).not.toBe('open');
  });

  test('comes after as many requests as a connection may carry', async () => {
    const time = {
      requestTimeoutMs: 0,
      bodyRateMin: 0,
      bodyRateGraceMs: 0,
      requestsMax: 2,
      ageMaxMs: 0,
    };
    const own = new Http2Scene({ limits: { time } });
    const other = own.client();
    other.request();
    expect(other.goaways).toEqual([]);
    other.request();
    expect(other.goaways).toEqual([[STREAM_LARGEST, ErrorCode.noError]]);
    await own.close();
  });

  test('a client that answers no PING is cut off', async () => {
    const own = new Http2Scene({ http2: { ...HTTP2, pingAfterMs: 1000, pingTimeoutMs: 500 } });
    own.answer = null;
    const other = own.client();
    other.request();
    own.engine.pass(3000);
    const pings = other.frames.filter(({ type }) => type === FrameType.ping);
    expect(pings).toHaveLength(1);
    expect([other.connection.state, own.inFlight]).toEqual(['reset', 0]);
    await own.close();
  });
});

describe('what breaks the connection', () => {
  const data = Buffer.from('x');
  test.each<[string, number, readonly Buffer[]]>([
    ['a frame that is too long', ErrorCode.frameSizeError, [frame(0, 0, 1, Buffer.alloc(16_385))]],
    ['content of no stream', ErrorCode.protocolError, [frame(0, 0, 0, data)]],
    ['content of a stream that is not open', ErrorCode.protocolError, [frame(0, 0, 7, data)]],
    ['a stream of the server', ErrorCode.protocolError, [frame(1, 5, 2, Buffer.from([0x82]))]],
    ['a block that is none', ErrorCode.compressionError, [frame(1, 5, 1, Buffer.from([0x80]))]],
    [
      'a frame within a block',
      ErrorCode.protocolError,
      [frame(1, 1, 1, Buffer.alloc(0)), frame(6, 0, 0, Buffer.alloc(8))],
    ],
    ['CONTINUATION of nothing', ErrorCode.protocolError, [frame(9, 4, 1, Buffer.alloc(0))]],
    [
      'padding longer than the frame',
      ErrorCode.protocolError,
      [frame(1, 13, 1, Buffer.from([9, 0x82]))],
    ],
    ['a short PING', ErrorCode.frameSizeError, [frame(6, 0, 0, Buffer.alloc(7))]],
    ['SETTINGS of a stream', ErrorCode.protocolError, [frame(4, 0, 1, Buffer.alloc(0))]],
    ['SETTINGS that are cut', ErrorCode.frameSizeError, [frame(4, 0, 0, Buffer.alloc(5))]],
    ['an impossible window', ErrorCode.flowControlError, [settingsFrame([[4, 0x80_00_00_00]])]],
    ['an impossible frame size', ErrorCode.protocolError, [settingsFrame([[5, 100]])]],
    ['PUSH_PROMISE', ErrorCode.protocolError, [frame(5, 4, 1, Buffer.alloc(8))]],
    ['a reset of a stream that is idle', ErrorCode.protocolError, [frame(3, 0, 9, number(8))]],
    ['a window of a stream that is idle', ErrorCode.protocolError, [frame(8, 0, 9, number(8))]],
    [
      'a window that is too large',
      ErrorCode.flowControlError,
      [frame(8, 0, 0, number(STREAM_LARGEST))],
    ],
    [
      'a stream that depends on itself',
      ErrorCode.protocolError,
      [frame(2, 0, 3, Buffer.concat([number(3), data]))],
    ],
  ])('%s', (_what, code, pieces) => {
    client.send(...pieces);
    broken(code);
    client.connection.arrive('end');
    scene.engine.settle();
    expect(scene.plane.listener().open).toBe(0);
  });

  test('a stream that was answered cannot be opened again', () => {
    const id = client.request();
    client.send(frame(FrameType.headers, Flag.endHeaders, id, client.block([])));
    broken(ErrorCode.streamClosed);
  });

  test('a preface that goes wrong in the middle is a request of HTTP/1 that is none', () => {
    const other = scene.engine.accept();
    other.arrive(PREFACE.subarray(0, 10), Buffer.from('x\r\n\r\n'));
    scene.engine.settle();
    expect(other.sent).toContain('HTTP/1.1 400');
  });

  test('HTTP/1 is spoken on the same port', () => {
    const other = scene.engine.accept();
    other.arrive(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    scene.engine.settle();
    expect(other.sent).toMatch(/^HTTP\/1\.1 200 OK/);
  });
});

test('PRIORITY, PRIORITY_UPDATE and unknown frames mean nothing', () => {
  client.send(
    frame(FrameType.priority, 0, 3, Buffer.concat([number(1), Buffer.from([7])])),
    frame(FrameType.priorityUpdate, 0, 0, Buffer.concat([number(1), Buffer.from('u=1')])),
    frame(0xbb, 0xff, 5, Buffer.from('whatever')),
    frame(FrameType.ping, 0, 0, Buffer.from('12345678')),
  );
  const pong = client.frames.find(({ type }) => type === FrameType.ping);
  expect(pong).toMatchObject({ flags: Flag.ack, payload: Buffer.from('12345678') });
  expect(client.stream(client.request()).content).toBe('ok');
});
