import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AcceptProxyConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import { proxyConfig, startPlane, type TestPlane, upstreamConfig } from '../data-plane.fixture.ts';
import { RawOrigin, rawClient } from '../raw-peers.fixture.ts';
import { encodeVersion1 } from './version-1.ts';
import { encodeVersion2 } from './version-2.ts';

const LOOPBACK = { address: '127.0.0.0', prefixLength: 8 };
const TRUSTING: AcceptProxyConfig = { from: [LOOPBACK], timeoutMs: 5000, others: 'refuse' };
const CLIENT = {
  source: '198.51.100.7',
  sourcePort: 51_234,
  destination: '198.51.100.100',
  destinationPort: 443,
};
const LINE = encodeVersion1(CLIENT).toString('latin1');
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let origin: RawOrigin;
let proxy: TestPlane;

beforeEach(async () => {
  origin = await RawOrigin.listen();
});

afterEach(async () => {
  await proxy.close();
  origin.close();
});

function start(
  protocol: 'http' | 'tcp',
  acceptProxy: AcceptProxyConfig | null,
  upstream: Partial<UpstreamConfig> = {},
): void {
  const config = proxyConfig(upstreamConfig([origin.port], upstream), { protocol, acceptProxy });
  proxy = startPlane(config);
}

async function allClosed(): Promise<void> {
  await vi.waitFor(() => expect(proxy.listener().open).toBe(0));
  const { accepted, closed } = proxy.listener();
  expect(closed).toBe(accepted);
}

describe('a TCP listener with accept_proxy', () => {
  it.each([
    ['version 1', encodeVersion1(CLIENT)],
    ['version 2', encodeVersion2(CLIENT, false)],
    ['version 2 with a checksum', encodeVersion2(CLIENT, true)],
    ['LOCAL', encodeVersion2(null, false)],
    ['UNKNOWN', encodeVersion1(null)],
  ])('takes the header off and loses nothing: %s', async (_, header) => {
    start('tcp', TRUSTING);
    const client = await rawClient(proxy.port);
    client.socket.write(Buffer.concat([header, Buffer.from('first')]));
    const server = await origin.connection();
    expect(await server.has('first')).toBe('first');
    client.send(' second');
    expect(await server.has('second')).toBe('first second');
    server.send('answer');
    await client.has('answer');
  });

  it('takes a header that comes byte by byte', async () => {
    start('tcp', TRUSTING);
    const client = await rawClient(proxy.port);
    for (const byte of Buffer.concat([encodeVersion2(CLIENT, true), Buffer.from('x')])) {
      client.socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const server = await origin.connection();
    expect(await server.has('x')).toBe('x');
  });

  it.each([
    ['no header', 'GET / HTTP/1.1\r\n'],
    ['a broken one', 'PROXY TCP4 nobody\r\n'],
  ])('resets a listed peer that sends %s', async (_, text) => {
    start('tcp', TRUSTING);
    const client = await rawClient(proxy.port);
    client.send(text);
    expect(await client.closed()).toBe('ECONNRESET');
    expect(proxy.listener()).toMatchObject({ proxyRefused: 1, open: 0, closed: 1 });
    expect(origin.accepted).toBe(0);
  });

  it('resets a listed peer whose header is late', async () => {
    start('tcp', { ...TRUSTING, timeoutMs: 60 });
    const client = await rawClient(proxy.port);
    client.send('PROXY TCP4 ');
    expect(await client.closed()).toBe('ECONNRESET');
    expect(proxy.listener().proxyRefused).toBe(1);
  });

  it('counts one that closes without a word, and is cut while it waits', async () => {
    start('tcp', TRUSTING);
    const client = await rawClient(proxy.port);
    client.socket.end();
    expect(await client.closed()).not.toBeUndefined();
    await allClosed();
    const waiting = await rawClient(proxy.port);
    await vi.waitFor(() => expect(proxy.listener().open).toBe(1));
    expect(await proxy.plane.drain(0)).toBe(1);
    expect(await waiting.closed()).toBe('ECONNRESET');
    await allClosed();
  });

  it('believes nobody else: refuses, or serves as they are', async () => {
    const elsewhere = { address: '198.51.100.0', prefixLength: 24 };
    start('tcp', { ...TRUSTING, from: [elsewhere] });
    // The reset may come before the client knows that it is connected.
    const refused = await rawClient(proxy.port).catch((error) => error);
    expect(refused.code ?? (await refused.closed())).toBe('ECONNRESET');
    expect(proxy.listener()).toMatchObject({ proxyRefused: 1, open: 0 });
    await proxy.close();
    start('tcp', { ...TRUSTING, from: [elsewhere], others: 'plain' });
    const client = await rawClient(proxy.port);
    client.send(LINE);
    const server = await origin.connection();
    expect(await server.has('\n')).toBe(LINE);
  });
});

describe('an HTTP listener with accept_proxy', () => {
  it("forwards the client's address, over a kept-alive connection too", async () => {
    start('http', TRUSTING);
    const client = await rawClient(proxy.port);
    client.send(LINE + REQUEST);
    const server = await origin.connection();
    expect(await server.has('\r\n\r\n')).toContain('X-Forwarded-For: 198.51.100.7\r\n');
    server.take();
    server.send(OK);
    await client.has('ok');
    client.send(REQUEST);
    expect(await server.has('\r\n\r\n')).toContain('X-Forwarded-For: 198.51.100.7\r\n');
  });

  it('takes a request that came with the header in pieces', async () => {
    start('http', TRUSTING);
    const client = await rawClient(proxy.port);
    const text = LINE + REQUEST;
    for (const at of [3, 30, LINE.length + 4]) {
      client.send(text.slice(client.socket.bytesWritten, at));
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.send(text.slice(client.socket.bytesWritten));
    const server = await origin.connection();
    expect(await server.has('\r\n\r\n')).toMatch(/^GET \/ HTTP\/1.1\r\n/);
  });

  it('resets who does not send one, before any request', async () => {
    start('http', TRUSTING);
    const client = await rawClient(proxy.port);
    client.send(REQUEST);
    expect(await client.closed()).toBe('ECONNRESET');
    expect(proxy.listener()).toMatchObject({ requests: 0, proxyRefused: 1, open: 0 });
  });
});

describe('an upstream with send_proxy', () => {
  it.each(['v1', 'v2', 'v2_crc32c'] as const)('TCP: %s comes first', async (sendProxy) => {
    start('tcp', TRUSTING, { sendProxy });
    const client = await rawClient(proxy.port);
    client.send(`${LINE}hello`);
    const server = await origin.connection();
    const header =
      sendProxy === 'v1' ? encodeVersion1(CLIENT) : encodeVersion2(CLIENT, sendProxy !== 'v2');
    expect(await server.has('hello')).toBe(`${header.toString('latin1')}hello`);
    expect(proxy.server(origin.port).bytesOut).toBe(header.length + 5);
  });

  it('TCP: names the real ends of a client that comes directly', async () => {
    start('tcp', null, { sendProxy: 'v1' });
    const client = await rawClient(proxy.port);
    const server = await origin.connection();
    const { localPort } = client.socket;
    expect(await server.has('\r\n')).toBe(
      `PROXY TCP4 127.0.0.1 127.0.0.1 ${localPort} ${proxy.port}\r\n`,
    );
  });

  it('HTTP: a connection serves the requests of one client only', async () => {
    start('http', TRUSTING, { sendProxy: 'v1' });
    const first = await rawClient(proxy.port);
    first.send(LINE + REQUEST);
    const one = await origin.connection();
    expect(await one.has('\r\n\r\n')).toContain(`${LINE}GET / HTTP/1.1\r\n`);
    one.take();
    one.send(OK);
    await first.has('ok');
    first.take();
    const otherLine = LINE.replace('198.51.100.7', '198.51.100.8');
    const second = await rawClient(proxy.port);
    second.send(otherLine + REQUEST);
    const two = await origin.connection();
    expect(await two.has('\r\n\r\n')).toContain(`${otherLine}GET / HTTP/1.1\r\n`);
    two.send(OK);
    await second.has('ok');
    first.send(REQUEST);
    expect(await one.has('\r\n\r\n')).toMatch(/^GET/);
    one.send(OK);
    await first.has('ok');
    expect(origin.accepted).toBe(2);
  });

  it('HTTP: keeps no more connections than allowed, and the newest', async () => {
    start('http', null, { sendProxy: 'v2', keepAliveMax: 1 });
    const clients = [await rawClient(proxy.port), await rawClient(proxy.port)];
    const servers = [];
    for (const client of clients) {
      client.send(REQUEST);
      const server = await origin.connection();
      // A header of version 2 begins with empty lines of its own.
      await server.has('GET');
      await server.until((received) => received.endsWith('\r\n\r\n'));
      server.take();
      server.send(OK);
      await client.has('ok');
      servers.push(server);
    }
    await servers[0]!.end();
    clients[1]!.send(REQUEST);
    expect(await servers[1]!.has('\r\n\r\n')).toMatch(/^GET/);
    expect(origin.accepted).toBe(2);
  });
});
