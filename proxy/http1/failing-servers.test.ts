import { describe, expect, it } from 'vitest';
import { closeDescriptor, openListenSocket } from '../../src/os/listen-socket.ts';
import { INTERIM_RESPONSES_MAX } from '../limits.ts';
import { RawOrigin, type RawPeer, rawClient } from '../raw-peers.fixture.ts';
import { RETRY } from '../upstream/upstream.fixture.ts';
import { exchange, OK, REQUEST, refusal, scene, start, useScene } from './scene.fixture.ts';

const SHARE_NOTHING = { freeBind: false, reusePort: false };

useScene();

/** A port nobody listens on. */
async function deadPort(): Promise<number> {
  const dead = await RawOrigin.listen();
  const { port } = dead;
  dead.close();
  return port;
}

describe('servers that', () => {
  it('refuse connections, all of them: 502', async () => {
    const dead = await deadPort();
    start({}, {}, [dead]);
    expect(await refusal(REQUEST)).toContain(' 502 ');
    expect(scene.proxy.server(dead)).toMatchObject({ connectFailures: 1, inFlight: 0 });
  });

  it('refuse connections: another gets the request, whatever its method', async () => {
    const dead = await deadPort();
    start({}, {}, [dead, scene.origin.port]);
    const client = await rawClient(scene.proxy.port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel');
    const server = await scene.origin.connection();
    client.send('lo');
    await server.has('\r\n\r\nhello');
    server.send(OK);
    await client.has('ok');
    expect(scene.proxy.server(scene.origin.port)).toMatchObject({ retries: 1, requests: 1 });
  });

  it('are all down: 503', async () => {
    start();
    scene.proxy.registry.setDraining(`web|127.0.0.1:${scene.origin.port}`, true);
    const closing = REQUEST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
    expect(await refusal(closing)).toContain(' 503 ');
  });

  it('do not accept in time: 504', async () => {
    const full = openListenSocket({ host: '127.0.0.1', port: 0, backlog: 1, ...SHARE_NOTHING });
    // The queue takes one more than its length; handshakes after that are not finished.
    const waiting = await Promise.all([rawClient(full.port), rawClient(full.port)]);
    start({ connectTimeoutMs: 60 }, {}, [full.port]);
    expect(await refusal(REQUEST)).toContain(' 504 ');
    expect(scene.proxy.server(full.port)).toMatchObject({ connectTimeouts: 1, inFlight: 0 });
    for (const { socket } of waiting) socket.destroy();
    closeDescriptor(full.fd);
  });

  it('do not answer in time: 504', async () => {
    start({ responseTimeoutMs: 60 });
    const { client, server } = await exchange();
    expect(await client.end()).toContain('HTTP/1.1 504 ');
    expect(await server.closed()).toBe('ECONNRESET');
    expect(scene.proxy.server(scene.origin.port)).toMatchObject({
      responseTimeouts: 1,
      inFlight: 0,
    });
  });

  it('do not take a request: 504, however impatient we are with the client', async () => {
    // The client's own time is long enough for its bytes to come on a busy machine.
    start({ idleTimeoutMs: 900 }, { idleTimeoutMs: 300 });
    const size = 64 * 1024 * 1024;
    const { client, server } = await exchange(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`,
    );
    server.socket.pause();
    client.socket.write(Buffer.alloc(size));
    expect(await client.has('\r\n\r\n')).toContain('HTTP/1.1 504 ');
    expect(scene.proxy.server(scene.origin.port)).toMatchObject({ responseTimeouts: 1 });
    client.socket.destroy();
  });

  it('never say that the client may continue: 504', async () => {
    start({ responseTimeoutMs: 200 }, { idleTimeoutMs: 60 });
    const { client } = await exchange(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n',
    );
    expect(await client.end()).toContain('HTTP/1.1 504 ');
    expect(scene.proxy.server(scene.origin.port)).toMatchObject({ responseTimeouts: 1 });
  });

  it('send interim responses without end: 502', async () => {
    start();
    const { client, server } = await exchange();
    server.send('HTTP/1.1 102 Processing\r\n\r\n'.repeat(INTERIM_RESPONSES_MAX + 1));
    expect(await client.end()).toContain('HTTP/1.1 502 ');
    expect(client.received.match(/ 102 /g)).toHaveLength(INTERIM_RESPONSES_MAX);
    expect(scene.proxy.server(scene.origin.port)).toMatchObject({ badResponses: 1, inFlight: 0 });
  });

  it('stop in the middle of a body: the client sees a reset', async () => {
    start({ idleTimeoutMs: 60 });
    const { client, server } = await exchange();
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
    expect(await client.closed()).toBe('ECONNRESET');
    expect(scene.proxy.server(scene.origin.port)).toMatchObject({ idleTimeouts: 1 });
  });

  it.each([
    ['a length', 'Content-Length: 10\r\n\r\nabc'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
  ])('close before the end that %s announced: the client sees a reset', async (_, rest) => {
    start();
    const { client, server } = await exchange();
    server.send(`HTTP/1.1 200 OK\r\n${rest}`);
    await client.has('abc');
    server.socket.end();
    expect(await client.closed()).toBe('ECONNRESET');
    expect(client.received).not.toContain('0\r\n\r\n');
    expect(scene.proxy.server(scene.origin.port)).toMatchObject({ resets: 1 });
  });

  it('are reset in a body that ends with the connection: the client sees a reset', async () => {
    start();
    const { client, server } = await exchange('GET / HTTP/1.0\r\nHost: x\r\n\r\n');
    server.send('HTTP/1.1 200 OK\r\n\r\nabc');
    await client.has('abc');
    server.socket.resetAndDestroy();
    expect(await client.closed()).toBe('ECONNRESET');
  });

  it('close without an answer: 502', async () => {
    start();
    const { client, server } = await exchange();
    server.socket.end();
    expect(await client.end()).toContain('HTTP/1.1 502 ');
  });

  it.each([
    ['is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['has a bare LF', 'HTTP/1.1 200 OK\nA: b\n\n'],
    ['is folded', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
    ['has NUL', 'HTTP/1.1 200 OK\r\nA: \0\r\n\r\n'],
    [
      'has length and coding',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['has different lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['has a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na'],
    ['has a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\na'],
    ['has a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na'],
    ['has a bare CR', 'HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n'],
    ['has a coding in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['has an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['upgrades unasked', 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['has a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['is too large', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(70_000)}`],
  ])('send what %s: 502', async (_, response) => {
    start();
    const { client, server } = await exchange();
    server.send(response);
    expect(await client.end()).toContain('HTTP/1.1 502 ');
    expect(client.received).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n/);
    await server.closed();
    expect(scene.proxy.server(scene.origin.port)).toMatchObject({ inFlight: 0 });
  });

  it('repeat the same length: the client sees it once', async () => {
    start();
    const { client, server } = await exchange();
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok');
    expect((await client.has('ok')).match(/Content-Length/g)).toHaveLength(1);
  });

  it('answer before the body has come: the answer passes, both connections end', async () => {
    start();
    const { client, server } = await exchange(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nabc',
    );
    server.send('HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno');
    expect(await client.end()).toMatch(/^HTTP\/1.1 401 .*Connection: close\r\n.*no$/s);
    await server.end();
    expect(scene.proxy.server(scene.origin.port)).toMatchObject({ inFlight: 0, responses4xx: 1 });
  });
});

describe('a kept-alive connection that the server closes just then', () => {
  async function raced(request: string): Promise<{ client: RawPeer; server: RawPeer }> {
    start();
    const { client, server } = await exchange();
    server.send(OK);
    await client.has('ok');
    client.take();
    server.take();
    client.send(request);
    await server.has('\r\n\r\n');
    server.socket.resetAndDestroy();
    return { client, server };
  }

  it('is replaced by a new one without the client noticing', async () => {
    const { client } = await raced(REQUEST);
    const server = await scene.origin.connection();
    expect(await server.has('\r\n\r\n')).toMatch(/^GET \/ HTTP/);
    server.send(OK);
    expect(await client.has('ok')).toMatch(/^HTTP\/1.1 200 OK/);
    expect(scene.proxy.server(scene.origin.port)).toMatchObject({ retries: 1, inFlight: 0 });
  });

  it('takes a whole small body along', async () => {
    const { client } = await raced('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc');
    const server = await scene.origin.connection();
    await server.has('\r\n\r\nabc');
    server.send(OK);
    await client.has('ok');
  });

  it.each([
    ['with the last chunk in a packet of its own', '', '0\r\n\r\n'],
    ['with the last chunk in the packet of the head', '0\r\n\r\n', ''],
    ['with a body before that packet', '3\r\nabc\r\n', '0\r\n\r\n'],
  ])('takes a chunked body along, %s', async (_, first, rest) => {
    start();
    const { client, server } = await exchange();
    server.send(OK);
    await client.has('ok');
    client.take();
    server.take();
    client.send(`PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${first}`);
    await server.has(`\r\n\r\n${first}`);
    client.send(rest);
    await server.has('0\r\n\r\n');
    const sent = server.take();
    server.socket.resetAndDestroy();
    const replacing = await scene.origin.connection();
    await replacing.has('0\r\n\r\n');
    expect(replacing.received).toBe(sent);
    replacing.send(OK);
    await client.has('ok');
    // The connection goes back to the pool: the next request must find it between two messages.
    replacing.take();
    client.send(REQUEST);
    expect(await replacing.has('\r\n\r\n')).toMatch(/^GET \/ HTTP/);
  });

  it('is not replaced when more of the body has come by itself than is kept', async () => {
    start({ retry: { ...RETRY, bodyBytesMax: 0 } });
    const { client, server } = await exchange();
    server.send(OK);
    await client.has('ok');
    client.send('PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    await server.has('chunked\r\n');
    client.send('3\r\nabc\r\n0\r\n\r\n');
    await server.has('0\r\n\r\n');
    server.socket.resetAndDestroy();
    expect(await client.end()).toContain('HTTP/1.1 502 ');
    expect(scene.origin.accepted).toBe(1);
  });

  it('is replaced once only', async () => {
    const { client } = await raced(REQUEST);
    const server = await scene.origin.connection();
    await server.has('\r\n\r\n');
    server.socket.resetAndDestroy();
    expect(await client.end()).toContain('HTTP/1.1 502 ');
  });

  it('is not replaced for a method that may not be repeated', async () => {
    const { client } = await raced('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    expect(await client.end()).toContain('HTTP/1.1 502 ');
    expect(scene.origin.accepted).toBe(1);
  });
});
