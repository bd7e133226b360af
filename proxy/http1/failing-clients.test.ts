import { readdirSync } from 'node:fs';
import net from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { SO_RCVBUF, SOL_SOCKET } from '../../src/os/socket-constants.ts';
import { setIntOption } from '../../src/os/socket-option.ts';
import { proxyConfig, startPlane, upstreamConfig } from '../data-plane.fixture.ts';
import { remoteEnd } from '../io/uring/sockets.ts';
import { INTERIM_RESPONSES_MAX } from '../limits.ts';
import { RawPeer, rawClient } from '../raw-peers.fixture.ts';
import { exchange, OK, REQUEST, scene, start, useScene } from './scene.fixture.ts';

const UPLOAD = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n';
/** Of <asm-generic/socket.h>. */
const SO_SNDBUF = 7;

const EXPECTING = UPLOAD.replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n');

/** As many as there may be, and more bytes than the kernel keeps for such a client. */
const INTERIMS = `HTTP/1.1 103 Early Hints\r\nLink: ${'x'.repeat(60_000)}\r\n\r\n`.repeat(
  INTERIM_RESPONSES_MAX,
);

/** Has the kernel keep little of what the client does not read; by default, several megabytes. */
function narrow(client: RawPeer): void {
  const { _handle } = client.socket as unknown as { readonly _handle: { readonly fd: number } };
  setIntOption(_handle.fd, SOL_SOCKET, SO_RCVBUF, 4096, 'buffer');
  setIntOption(descriptorTo(client.socket.localPort!), SOL_SOCKET, SO_SNDBUF, 4096, 'buffer');
}

/** Of our end of a client's connection, whatever engine has it. */
function descriptorTo(port: number): number {
  const found = readdirSync('/proc/self/fd').find((fd) => remoteEnd(Number(fd)).port === port);
  return Number(found);
}

/** More than the kernel and our backlog take of `LARGE` for a client that does not read. */
const UNREAD_MAX = 300;
const LARGE = `HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n${'x'.repeat(30_000)}`;

/**
 * Requests over one connection without reading an answer, each sent when the answer to the one
 * before it has been written. Ends with `UNREAD_MAX`, or with one that does not get through.
 */
async function askUnread(): Promise<{ client: RawPeer; server: RawPeer; asked: number }> {
  const { client, server } = await exchange();
  client.socket.pause();
  narrow(client);
  for (let asked = 1; ; asked++) {
    server.take();
    server.send(LARGE);
    await vi.waitFor(() => expect(scene.proxy.listener().responses2xx).toBe(asked), {
      interval: 1,
    });
    if (asked === UNREAD_MAX) return { client, server, asked };
    client.send(REQUEST);
    const quiet = new Promise<boolean>((resolve) => setTimeout(resolve, 100, true));
    const through = server.has('\r\n\r\n').then(() => false);
    if (await Promise.race([quiet, through])) return { client, server, asked: asked + 1 };
  }
}

useScene();

describe('clients that', () => {
  it('are slow with a head: 408', async () => {
    start({}, { headTimeoutMs: 60 });
    const client = await rawClient(scene.proxy.port);
    client.send('GET / HT');
    expect(await client.end()).toContain('HTTP/1.1 408 ');
  });

  it('send nothing: closed without a word', async () => {
    start({}, { headTimeoutMs: 60 });
    const client = await rawClient(scene.proxy.port);
    expect(await client.end()).toBe('');
    expect(scene.proxy.listener().requests).toBe(0);
  });

  it('rest too long between requests: closed', async () => {
    start({}, { keepAliveTimeoutMs: 60 });
    const { client, server } = await exchange();
    server.send(OK);
    await client.has('ok');
    expect(await client.end()).toMatch(/ok$/);
  });

  it('are slow with a body: 408, and the server is let go', async () => {
    start({}, { idleTimeoutMs: 60 });
    const { client, server } = await exchange(`${UPLOAD}abc`);
    expect(await client.end()).toContain('HTTP/1.1 408 ');
    expect(await server.closed()).toBe('ECONNRESET');
  });

  it.each([
    ['as', 60],
    ['more than', 300],
  ])('are slow with a body, allowed %s long as servers are: 408 all the same', async (_, ms) => {
    start({ idleTimeoutMs: 60, responseTimeoutMs: 60 }, { idleTimeoutMs: ms });
    const { client } = await exchange(`${UPLOAD}abc`);
    expect(await client.end()).toContain('HTTP/1.1 408 ');
    expect(scene.proxy.server(scene.origin.port)).toMatchObject({ responseTimeouts: 0, resets: 0 });
  });

  it('were told to continue and do not: 408', async () => {
    start({ idleTimeoutMs: 60, responseTimeoutMs: 60 }, { idleTimeoutMs: 200 });
    const { client, server } = await exchange(EXPECTING);
    server.send('HTTP/1.1 100 Continue\r\n\r\n');
    expect(await client.end()).toMatch(/^HTTP\/1.1 100 .*HTTP\/1.1 408 /s);
    expect(scene.proxy.server(scene.origin.port)).toMatchObject({ responseTimeouts: 0 });
  });

  it('take their time with a body, and then wait long for the answer: answered', async () => {
    start({}, { idleTimeoutMs: 60 });
    const { client, server } = await exchange(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc',
    );
    client.send('def');
    await server.has('abcdef');
    await new Promise((resolve) => setTimeout(resolve, 300));
    server.send(OK);
    expect(await client.has('ok')).toContain('HTTP/1.1 200 OK');
  });

  it('go away: the server is let go, and 499 counted', async () => {
    start();
    const { client, server } = await exchange();
    client.socket.resetAndDestroy();
    expect(await server.closed()).toBe('ECONNRESET');
    expect(scene.proxy.listener()).toMatchObject({ open: 0, responses4xx: 1 });
    expect(scene.proxy.server(scene.origin.port)).toMatchObject({ inFlight: 0, resets: 0 });
  });

  it('go away in the middle of a response: the server is let go', async () => {
    start();
    const { client, server } = await exchange();
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc');
    await client.has('abc');
    client.socket.resetAndDestroy();
    expect(await server.closed()).toBe('ECONNRESET');
    expect(scene.proxy.listener()).toMatchObject({ open: 0, responses2xx: 1 });
  });

  it('only stop sending: they are answered', async () => {
    start();
    const { client, server } = await exchange();
    client.socket.end();
    server.send(OK);
    expect(await client.end()).toMatch(/ok$/);
  });

  it('stop in the middle of a body: 400', async () => {
    start();
    const { client, server } = await exchange(`${UPLOAD}abc`);
    client.socket.end();
    expect(await client.end()).toContain('HTTP/1.1 400 ');
    expect(await server.closed()).toBe('ECONNRESET');
  });

  it('do not read: cut after the idle timeout', async () => {
    start({}, { idleTimeoutMs: 100 });
    const { client, server } = await exchange();
    client.socket.pause();
    const size = 64 * 1024 * 1024;
    server.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    server.socket.write(Buffer.alloc(size));
    expect(await server.closed()).toBe('ECONNRESET');
    await vi.waitFor(() => expect(scene.proxy.listener().open).toBe(0));
  });

  it('do not read interim responses: the server is held back, then they are cut', async () => {
    start({ responseTimeoutMs: 60_000 }, { idleTimeoutMs: 100 });
    const { client, server } = await exchange();
    client.socket.pause();
    narrow(client);
    server.send(INTERIMS);
    expect(await server.closed()).toBe('ECONNRESET');
    await vi.waitFor(() => expect(scene.proxy.listener().open).toBe(0));
  });

  it('ask on and on and do not read: not listened to, then cut after the idle timeout', async () => {
    start({}, { idleTimeoutMs: 300 });
    const { server, asked } = await askUnread();
    expect(asked).toBeLessThan(UNREAD_MAX);
    await vi.waitFor(() => expect(scene.proxy.listener().open).toBe(0));
    expect(scene.proxy.listener().requests).toBe(asked - 1);
    expect(server.received).toBe('');
  });

  it('ask on and on and read late: answered in full', async () => {
    start();
    const { client, server, asked } = await askUnread();
    client.socket.resume();
    await server.has('\r\n\r\n');
    server.send(LARGE);
    await client.until((received) => received.length >= asked * LARGE.length);
    expect(client.received.match(/HTTP\/1.1 200 OK/g)).toHaveLength(asked);
  });

  it('are too many: reset at once', async () => {
    scene.proxy = startPlane(
      proxyConfig(upstreamConfig([scene.origin.port]), { connectionsMax: 1 }),
    );
    const first = await rawClient(scene.proxy.port);
    first.send(REQUEST);
    await scene.origin.connection();
    const second = new RawPeer(net.connect(scene.proxy.port, '127.0.0.1'));
    expect(await second.closed()).toBe('ECONNRESET');
    expect(scene.proxy.listener()).toMatchObject({ accepted: 1, refused: 1 });
  });
});
