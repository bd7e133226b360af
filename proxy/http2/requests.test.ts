import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AccessLogConfig } from '../../src/config/access-log-config.ts';
import { frame, Http2Scene, type MemoryClient } from './memory-client.fixture.ts';
import { ErrorCode, Flag, FrameType } from './protocol.ts';

let scene: Http2Scene;
let client: MemoryClient;
beforeEach(() => {
  scene = new Http2Scene();
  client = scene.client();
});
afterEach(() => scene.close());

describe('requests', () => {
  test('become the same requests of HTTP/1.1', () => {
    const id = client.request('GET', '/x?y=1', [
      ['accept', '*/*'],
      ['cookie', 'a=1'],
      ['x-last', 'z'],
      ['cookie', 'b=2'],
    ]);
    expect(scene.requests[0]!.head.split('\r\n')).toEqual([
      'GET /x?y=1 HTTP/1.1',
      'Host: a.example',
      'accept: */*',
      'x-last: z',
      'cookie: a=1; b=2',
      'X-Forwarded-For: 192.0.2.1',
      'X-Real-IP: 192.0.2.1',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Port: 80',
      'X-Forwarded-Host: a.example',
      'Via: 2.0 tandem',
    ]);
    const { heads, content, ended, reset } = client.stream(id);
    expect(heads).toEqual([
      { ':status': '200', 'content-length': '2', date: expect.any(String), via: '1.1 tandem' },
    ]);
    expect([content, ended, reset]).toEqual(['ok', true, null]);
    expect(scene.inFlight).toBe(0);
  });

  test('with a body of unknown length are chunked, with a known one are not', () => {
    const a = client.request('POST', '/', [], false);
    client.data(a, 'one');
    client.data(a, 'two', true);
    const b = client.request('POST', '/', [['content-length', '3']], false);
    client.data(b, 'abc', true);
    client.request('POST');
    expect(scene.requests.map(({ body }) => body)).toEqual(['onetwo', 'abc', '']);
    const [chunked, counted, none] = scene.requests.map(({ head }) => head);
    expect(chunked).toContain('Transfer-Encoding: chunked');
    expect(counted).toContain('content-length: 3');
    expect(none).toContain('content-length: 0');
  });

  test('whose content came in many frames at once go on in one write', () => {
    const id = client.request('POST', '/', [], false);
    client.data(id, 'a');
    let writes = 0;
    const answer = scene.origins[0]!.onSent;
    scene.origins[0]!.onSent = () => {
      writes++;
      answer();
    };
    const tiny = frame(FrameType.data, 0, id, Buffer.from('b'));
    client.send(Buffer.concat([...Array.from({ length: 500 }, () => tiny)]));
    client.data(id, 'c', true);
    expect(scene.requests[0]!.body).toBe(`a${'b'.repeat(500)}c`);
    expect(writes).toBe(2);
  });

  test('come in pieces of any size, several at a time', () => {
    const other = scene.client();
    const bytes = Buffer.concat(
      [1, 3, 5].map((id) =>
        frame(
          FrameType.headers,
          Flag.endHeaders | Flag.endStream,
          id,
          Buffer.from([0x82, 0x86, 0x84, 0x01, 1, 0x61]),
        ),
      ),
    );
    other.send(...Array.from(bytes, (byte) => Buffer.from([byte])));
    expect([1, 3, 5].map((id) => other.stream(id).content)).toEqual(['ok', 'ok', 'ok']);
  });

  test('may have trailers, which go on', () => {
    const id = client.request('POST', '/', [], false);
    client.data(id, 'abc');
    client.trailers(id, [['x-sum', '7']]);
    expect(scene.requests[0]!.body).toBe('abc');
    expect(client.stream(id).content).toBe('ok');
  });

  test('are answered with heads alone where there is no content', () => {
    scene.answer = () => 'HTTP/1.1 204 No Content\r\n\r\n';
    const id = client.request();
    expect(client.frames.filter(({ stream }) => stream === id)).toMatchObject([
      { type: FrameType.headers, flags: Flag.endHeaders | Flag.endStream },
    ]);
    scene.answer = () => 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n';
    const head = client.request('HEAD');
    expect(client.stream(head)).toMatchObject({ content: '', ended: true });
    expect(client.stream(head).heads[0]).toMatchObject({ 'content-length': '9' });
  });

  test('get interim answers and trailers of servers', () => {
    scene.answer = () =>
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n' +
      'Connection: x-hop\r\nX-Hop: 1\r\n\r\n2\r\nhi\r\n0\r\nGrpc-Status: 0\r\n\r\n';
    const { heads, content, ended } = client.stream(
      client.request('GET', '/', [['te', 'trailers']]),
    );
    expect(heads.map((head) => head[':status'])).toEqual(['103', '200', undefined]);
    expect(heads[0]).toMatchObject({ link: '</a>' });
    expect(heads[1]).not.toHaveProperty('x-hop');
    expect(heads[1]).not.toHaveProperty('transfer-encoding');
    expect(heads[2]).toEqual({ 'grpc-status': '0' });
    expect([content, ended]).toEqual(['hi', true]);
  });

  test('are cut when their answer is', () => {
    scene.answer = () => 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc';
    const id = client.request();
    scene.origins[0]!.arrive('reset');
    scene.engine.settle();
    expect(client.stream(id)).toMatchObject({ content: 'abc', reset: ErrorCode.internalError });
    expect(client.stream(client.request()).reset).toBeNull();
  });

  test('are taken back by a reset, and so from the server', () => {
    scene.answer = null;
    const id = client.request();
    expect(scene.inFlight).toBe(1);
    client.reset(id);
    expect(scene.inFlight).toBe(0);
    expect(scene.origins[0]!.state).toBe('reset');
    expect(scene.plane.listener().responses4xx).toBe(1);
  });

  test('that are answered early are reset without an error, a moment after their answer', () => {
    const small = new Http2Scene({ limits: { bodyBytesMax: 5 } });
    const other = small.client();
    const id = other.request('POST', '/', [], false);
    other.data(id, '123456');
    // In one read with its answer the reset would be all that some clients see.
    expect(other.stream(id)).toMatchObject({ ended: true, reset: null });
    expect(other.stream(id).heads[0]).toMatchObject({ ':status': '413' });
    other.data(id, 'more of it');
    small.engine.pass(200);
    expect(other.stream(id).reset).toBe(ErrorCode.noError);
    other.data(id, 'and the last of it');
    expect(other.goaways).toEqual([]);
    return small.close();
  });
});

describe('requests that are refused', () => {
  test.each<[string, readonly (readonly [string, string])[]]>([
    ['connection', [['connection', 'close']]],
    ['transfer-encoding', [['transfer-encoding', 'chunked']]],
    ['upgrade', [['upgrade', 'websocket']]],
    ['keep-alive', [['keep-alive', '1']]],
    ['proxy-connection', [['proxy-connection', '1']]],
    ['te that is not trailers', [['te', 'gzip']]],
    ['a line end in a value', [['x', 'a\r\nb: c']]],
    ['NUL in a value', [['x', 'a\0b']]],
    ['a blank before a value', [['x', ' a']]],
    ['an empty name', [['', 'a']]],
    ['a colon in a name', [['a:b', 'c']]],
    ['a space in a name', [['a b', 'c']]],
    ['a second path', [[':path', '/b']]],
    ['an unknown pseudo-field', [[':version', '2']]],
    ['a status', [[':status', '200']]],
    ['another host', [['host', 'b.example']]],
    ['an extended CONNECT', [[':protocol', 'websocket']]],
    ['a length without content', [['content-length', '5']]],
  ])('%s', (_what, more) => {
    const id = client.request('GET', '/', more);
    expect(client.stream(id).reset).toBe(ErrorCode.protocolError);
    expect(scene.requests).toEqual([]);
    expect(client.stream(client.request()).content).toBe('ok');
  });

  test.each<[string, readonly (readonly [string, string])[]]>([
    [
      'no method',
      [
        [':scheme', 'http'],
        [':path', '/'],
        [':authority', 'a'],
      ],
    ],
    [
      'no scheme',
      [
        [':method', 'GET'],
        [':path', '/'],
        [':authority', 'a'],
      ],
    ],
    [
      'no path',
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':authority', 'a'],
      ],
    ],
    [
      'an empty path',
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', ''],
        [':authority', 'a'],
      ],
    ],
    [
      'a space in the path',
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', '/a b'],
        [':authority', 'a'],
      ],
    ],
    [
      'a path that is no path',
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', 'http://b/'],
        [':authority', 'a'],
      ],
    ],
    [
      'a space in the method',
      [
        [':method', 'G T'],
        [':scheme', 'http'],
        [':path', '/'],
        [':authority', 'a'],
      ],
    ],
    [
      'another scheme',
      [
        [':method', 'GET'],
        [':scheme', 'ftp'],
        [':path', '/'],
        [':authority', 'a'],
      ],
    ],
    [
      'a pseudo-field after a field',
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        ['a', 'b'],
        [':path', '/'],
      ],
    ],
    [
      'CONNECT with a path',
      [
        [':method', 'CONNECT'],
        [':authority', 'a:1'],
        [':path', '/'],
      ],
    ],
  ])('%s', (_what, fields) => {
    expect(client.stream(client.headers(fields)).reset).toBe(ErrorCode.protocolError);
    expect(scene.requests).toEqual([]);
  });

  test.each<[string, string, readonly (readonly [string, string])[]]>([
    ['417', '/', [['expect', 'x']]],
    ['404', '/', []],
    ['414', `/${'a'.repeat(9000)}`, []],
    [
      '431',
      '/',
      [
        ['x', 'b'.repeat(30_000)],
        ['y', 'b'.repeat(6000)],
      ],
    ],
    ['431', '/', Array.from({ length: 120 }, (_, index): [string, string] => [`x-${index}`, '1'])],
  ])('with an answer: %s', async (status, path, more) => {
    const own = new Http2Scene({ routes: status === '404' ? [] : undefined });
    const other = own.client();
    const block = other.block([
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', path],
      [':authority', 'a.example'],
      ...more,
    ]);
    const first = block.subarray(0, 16_384);
    other.send(frame(FrameType.headers, Flag.endStream, 1, first));
    for (let at = 16_384; at < block.length; at += 16_384) {
      other.send(frame(FrameType.continuation, 0, 1, block.subarray(at, at + 16_384)));
    }
    other.send(frame(FrameType.continuation, Flag.endHeaders, 1, Buffer.alloc(0)));
    expect(other.stream(1).heads[0]).toMatchObject({ ':status': status });
    expect(other.stream(other.request()).reset).toBeNull();
    await own.close();
  });

  test('an upper-case name', () => {
    // What the client's encoder would make lower.
    const block = Buffer.concat([Buffer.from([0x82, 0x86, 0x84, 0x00, 1]), Buffer.from('X\x01a')]);
    client.send(frame(FrameType.headers, Flag.endHeaders | Flag.endStream, 1, block));
    expect(client.stream(1).reset).toBe(ErrorCode.protocolError);
  });

  test.each([
    ['more content than announced', 'abcd', false],
    ['less content than announced', 'ab', true],
  ])('%s', (_what, text, ends) => {
    const id = client.request('POST', '/', [['content-length', '3']], false);
    client.data(id, text, ends);
    expect(client.stream(id).reset).toBe(ErrorCode.protocolError);
    expect(scene.inFlight).toBe(0);
  });
});

test('the access log has the protocol of the client', async () => {
  const lines: string[] = [];
  const accessLog: AccessLogConfig = {
    destination: { kind: 'stdout' },
    style: 'text',
    parts: [{ variable: 'request' }, { text: ' ' }, { variable: 'server_protocol' }],
    redact: [],
    truncateAddresses: false,
    sampleEvery: 1,
    flushMs: 50,
    bufferBytes: 65_536,
  };
  const own = new Http2Scene(
    { accessLog },
    {},
    {
      send: (_, bytes) => lines.push(Buffer.from(bytes).toString()),
    },
  );
  own.client().request('GET', '/x');
  own.engine.pass(200);
  await own.close();
  expect(lines.join('')).toBe('GET /x HTTP/2.0 HTTP/2.0\n');
});
