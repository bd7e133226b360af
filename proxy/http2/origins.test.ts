/** Servers that speak HTTP/2: node:http2's, over real sockets, and clients of both protocols. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  HTTP2,
  proxyConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { rawClient } from '../raw-peers.fixture.ts';

type Handler = (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void;

const ended: (() => void | Promise<void>)[] = [];
let sessions: http2.ServerHttp2Session[] = [];
let answer: Handler;

async function origin(options: http2.ServerOptions = {}): Promise<number> {
  const server = http2.createServer(options);
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    answer(stream as http2.ServerHttp2Stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ended.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function plane(port: number, changes: Parameters<typeof upstreamConfig>[1] = {}): TestPlane {
  const upstream = upstreamConfig([port], { protocol: 'http2', ...changes });
  const made = startPlane(proxyConfig(upstream, { http2: HTTP2 }));
  ended.push(() => made.close());
  return made;
}

function client(front: TestPlane): http2.ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${front.port}`);
  session.on('error', () => {});
  ended.push(() => session.destroy());
  return session;
}

beforeEach(() => {
  sessions = [];
  answer = (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'text/plain' });
    stream.end('ok');
  };
});
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

test('a client of HTTP/1 is answered from a server of HTTP/2', async () => {
  const seen: http2.IncomingHttpHeaders[] = [];
  answer = (stream, headers) => {
    seen.push(headers);
    stream.respond({ ':status': 201, 'x-a': 'b' });
    stream.end('hello');
  };
  const front = plane(await origin());
  const peer = await rawClient(front.port);
  peer.send(
    'POST /x HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  );
  const got = await peer.has('0\r\n\r\n');
  expect(got).toMatch(/^HTTP\/1\.1 201 /);
  expect(got).toContain('Transfer-Encoding: chunked');
  expect(got).toContain('hello');
  expect(got).toContain('Via: 2.0 tandem');
  expect(seen[0]).toMatchObject({
    ':method': 'POST',
    ':path': '/x',
    ':scheme': 'http',
    ':authority': 'a.example',
    'x-forwarded-for': '127.0.0.1',
  });
  expect(seen[0]).not.toHaveProperty('host');
  expect(seen[0]).not.toHaveProperty('transfer-encoding');
  peer.socket.destroy();
});

test('many requests share a connection', async () => {
  const front = plane(await origin());
  const session = client(front);
  const bodies = await Promise.all(
    Array.from({ length: 60 }, () => text(session.request({ ':path': '/' }).end())),
  );
  expect(new Set(bodies)).toEqual(new Set(['ok']));
  expect(sessions).toHaveLength(1);
  expect(front.listener().requests).toBe(60);
});

test('more requests than a server takes at a time get another connection', async () => {
  const held: http2.ServerHttp2Stream[] = [];
  answer = (stream) => {
    held.push(stream);
    if (held.length === 6)
      for (const one of held) one.respond({ ':status': 204 }, { endStream: true });
  };
  const front = plane(await origin({ settings: { maxConcurrentStreams: 3 } }));
  const session = client(front);
  const statuses = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const stream = session.request({ ':path': '/' });
      stream.end();
      const [headers] = await once(stream, 'response');
      stream.resume();
      return headers[':status'];
    }),
  );
  expect(statuses).toEqual(Array.from({ length: 6 }, () => 204));
});

test('megabytes go both ways with flow control', async () => {
  answer = (stream) => {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  };
  const front = plane(await origin());
  const session = client(front);
  const bodies = [randomBytes(3_000_000), randomBytes(2_000_001)];
  const echoed = await Promise.all(
    bodies.map((body) => {
      const stream = session.request({ ':path': '/', ':method': 'POST' });
      stream.end(body);
      return buffer(stream);
    }),
  );
  expect(echoed.map((got, index) => got.equals(bodies[index]!))).toEqual([true, true]);
});

describe('gRPC', () => {
  test('streams both ways and ends with trailers', async () => {
    answer = (stream, headers) => {
      expect(headers.te).toBe('trailers');
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc' },
        { waitForTrailers: true },
      );
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }),
      );
      stream.on('data', (message: Buffer) => stream.write(`echo ${message}`));
      stream.on('end', () => stream.end());
    };
    const front = plane(await origin());
    const stream = client(front).request(
      { ':path': '/s/m', ':method': 'POST', te: 'trailers', 'content-type': 'application/grpc' },
      { endStream: false },
    );
    stream.setEncoding('utf8');
    const trailers = once(stream, 'trailers');
    for (const message of ['one', 'two']) {
      stream.write(message);
      expect((await once(stream, 'data'))[0]).toBe(`echo ${message}`);
    }
    stream.end();
    const [got] = await trailers;
    expect(got).toMatchObject({ 'grpc-status': '0', 'grpc-message': 'fine' });
    stream.resume();
    await once(stream, 'close');
  });

  test('answers of trailers alone go through', async () => {
    answer = (stream) =>
      stream.respond({ ':status': 200, 'grpc-status': '5' }, { endStream: true });
    const front = plane(await origin());
    const stream = client(front).request({ ':path': '/', ':method': 'POST', te: 'trailers' });
    stream.end('x');
    const [headers] = await once(stream, 'response');
    expect(headers['grpc-status']).toBe('5');
    stream.resume();
    await once(stream, 'end');
  });

  test('a client that gives up takes its request back from the server', async () => {
    const { promise: reset, resolve } = Promise.withResolvers<number>();
    answer = (stream) => {
      stream.respond({ ':status': 200 });
      stream.write('first');
      stream.on('close', () => resolve(stream.rstCode));
    };
    const port = await origin();
    const front = plane(port);
    const stream = client(front).request({ ':path': '/' });
    await once(stream, 'data');
    stream.close(http2.constants.NGHTTP2_CANCEL);
    expect(await reset).toBe(http2.constants.NGHTTP2_CANCEL);
    await expect.poll(() => front.server(port).inFlight).toBe(0);
  });
});

test('a stream that the server refuses is asked for again, whatever the method', async () => {
  let asked = 0;
  answer = (stream) => {
    asked++;
    if (asked === 1) {
      stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    stream.respond({ ':status': 200 });
    stream.end('again');
  };
  const front = plane(await origin());
  const stream = client(front).request({ ':path': '/', ':method': 'POST', 'content-length': 1 });
  stream.end('x');
  expect(await text(stream)).toBe('again');
  expect(asked).toBe(2);
});

test('after GOAWAY requests go over another connection, and those under way end well', async () => {
  const { promise: first, resolve } = Promise.withResolvers<http2.ServerHttp2Stream>();
  const usual = answer;
  answer = (stream) => {
    resolve(stream);
    answer = usual;
  };
  const front = plane(await origin());
  const session = client(front);
  const early = session.request({ ':path': '/' });
  early.end();
  const under = await first;
  sessions[0]!.goaway(0);
  // The session takes no more as soon as the balancer has read that: ask until it is so.
  await expect
    .poll(async () => {
      await text(session.request({ ':path': '/' }).end());
      return sessions.length;
    })
    .toBe(2);
  under.respond({ ':status': 200 });
  under.end('late');
  expect(await text(early)).toBe('late');
});

test('a server that speaks no HTTP/2 is a bad one', async () => {
  const net = await import('node:net');
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ended.push(() => void server.close());
  const front = plane((server.address() as AddressInfo).port);
  const peer = await rawClient(front.port);
  peer.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await peer.has('\r\n\r\n')).toMatch(/^HTTP\/1\.1 502 /);
  peer.socket.destroy();
});

test('a burst is spread over as many connections as the server allows streams on each', async () => {
  const front = plane(await origin({ settings: { maxConcurrentStreams: 2 } }));
  const session = client(front);
  const asked = Array.from({ length: 20 }, () => text(session.request({ ':path': '/' }).end()));
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['ok']));
  expect(front.listener().responses2xx).toBe(20);
});

test('clients that take nothing do not keep others from their answers', async () => {
  answer = (stream, headers) => {
    stream.respond({ ':status': 200 });
    stream.end(headers[':path'] === '/' ? 'ok' : Buffer.alloc(200_000));
  };
  const front = plane(await origin());
  for (let clients = 0; clients < 4; clients++) {
    const stalled = http2.connect(`http://127.0.0.1:${front.port}`, {
      settings: { initialWindowSize: 0 },
    });
    stalled.on('error', () => {});
    ended.push(() => stalled.destroy());
    const heads = Array.from({ length: 12 }, () => {
      const request = stalled.request({ ':path': '/large' }).end();
      request.on('error', () => {});
      return once(request, 'response');
    });
    await Promise.all(heads);
  }
  expect(await text(client(front).request({ ':path': '/' }).end())).toBe('ok');
  expect(sessions).toHaveLength(1);
});

test('a connection on which nothing comes any more gets no further requests', async () => {
  answer = () => {};
  const front = plane(await origin(), { responseTimeoutMs: 150 });
  const session = client(front);
  await text(session.request({ ':path': '/' }).end());
  answer = (stream) => {
    stream.respond({ ':status': 200 });
    stream.end('ok');
  };
  expect(await text(session.request({ ':path': '/' }).end())).toBe('ok');
  expect(sessions).toHaveLength(2);
});

test('trailers of a request that came before there was a connection go on', async () => {
  let seen: http2.IncomingHttpHeaders = {};
  answer = (stream) => {
    stream.on('trailers', (trailers) => {
      seen = trailers;
    });
    stream.on('end', () => stream.respond({ ':status': 200 }, { endStream: true }));
    stream.resume();
  };
  const front = plane(await origin());
  const session = client(front);
  const request = session.request({ ':path': '/', ':method': 'POST' }, { waitForTrailers: true });
  request.on('wantTrailers', () => request.sendTrailers({ 'x-sum': '1' }));
  request.end('abc');
  await text(request);
  expect(seen).toMatchObject({ 'x-sum': '1' });
});
