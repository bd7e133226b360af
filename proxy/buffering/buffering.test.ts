/** Bodies held back, over real sockets: slow clients on either side of a message, and files that fail. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BufferingConfig } from '../../src/config/buffering-config.ts';
import {
  proxyConfig,
  routeConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { RawOrigin, rawClient } from '../raw-peers.fixture.ts';

const POST = 'POST / HTTP/1.1\r\nHost: x\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

let origin: RawOrigin;
let plane: TestPlane;
let directory: string;

beforeEach(async () => {
  origin = await RawOrigin.listen();
  directory = mkdtempSync(join(tmpdir(), 'tandem-buffering-'));
});

afterEach(async () => {
  await plane.close();
  origin.close();
  rmSync(directory, { recursive: true, force: true });
});

function start(buffering: BufferingConfig, tempDirectory = directory): void {
  const routes = [routeConfig({ buffering })];
  const config = proxyConfig(upstreamConfig([origin.port]), { routes });
  plane = startPlane({ ...config, tempDirectory });
}

/** Files without a name that this process has open in the directory. */
function held(): number {
  const files = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return [];
    }
  });
  return files.filter((path) => path.startsWith(directory)).length;
}

describe('a request', () => {
  const SMALL = { request: { memoryMax: 8, diskMax: 100_000 }, response: null };

  it.each([
    ['that is short', 'short'],
    ['that is too long for memory', 'x'.repeat(90_000)],
    ['without content', ''],
  ])('%s goes to a server when it is complete, with its length', async (_what, body) => {
    start(SMALL);
    const client = await rawClient(plane.port);
    client.send(`${POST}Transfer-Encoding: chunked\r\n\r\n`);
    if (body !== '') client.send(`${body.length.toString(16)}\r\n${body}\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(origin.accepted).toBe(0);
    client.send('0\r\n\r\n');
    const server = await origin.connection();
    const got = await server.until((text) => text.endsWith(`\r\n\r\n${body}`));
    expect(got).toContain(`Content-Length: ${body.length}\r\n`);
    expect(got).not.toContain('Transfer-Encoding');
    server.send(OK);
    await client.has('ok');
    await expect.poll(held).toBe(0);
    client.send(`${POST}Content-Length: 2\r\n\r\nhi`);
    await server.has('\r\n\r\nhi');
    server.send(OK);
    await client.until((text) => text.split('200 OK').length === 3);
  });

  it('is asked to go on by us', async () => {
    start(SMALL);
    const client = await rawClient(plane.port);
    client.send(`${POST}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n`);
    await client.has('100 Continue');
    client.send('body');
    const server = await origin.connection();
    expect(await server.has('\r\n\r\nbody')).not.toContain('Expect');
  });

  it.each([
    ['announces it', `${POST}Content-Length: 100009\r\n\r\n`],
    ['does not', `${POST}Transfer-Encoding: chunked\r\n\r\n186a9\r\n${'x'.repeat(100_009)}`],
  ])('that is longer than may be held is refused when it %s', async (_how, request) => {
    start(SMALL);
    const client = await rawClient(plane.port);
    client.send(request);
    await client.has('HTTP/1.1 413');
    expect(origin.accepted).toBe(0);
    await expect.poll(held).toBe(0);
  });

  it.each([
    ['ends', '0\r\n\r\n', 'ok'],
    ['goes on', '1\r\nx\r\n', 'HTTP/1.1 413'],
  ])(
    'that is just as long as may be held is read on, whether it %s or not',
    async (_how, rest, got) => {
      start({ request: { memoryMax: 8, diskMax: 0 }, response: null });
      const client = await rawClient(plane.port);
      client.send(`${POST}Transfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      client.send(rest);
      if (got === 'ok') (await origin.connection()).send(OK);
      await client.has(got);
    },
  );

  it('that is answered before its server has all of it leaves no file behind', async () => {
    start({ request: { memoryMax: 8, diskMax: 16_000_000 }, response: null });
    const client = await rawClient(plane.port);
    client.send(`${POST}Content-Length: 15000000\r\n\r\n${'x'.repeat(15_000_000)}`);
    const server = await origin.connection();
    server.socket.pause();
    server.send('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    await client.has('HTTP/1.1 403');
    await expect.poll(held).toBe(0);
  });

  it('whose client leaves leaves no file behind, and asked no server', async () => {
    start(SMALL);
    const client = await rawClient(plane.port);
    client.send(`${POST}Content-Length: 90000\r\n\r\n${'x'.repeat(60_000)}`);
    await expect.poll(held).toBe(1);
    client.socket.resetAndDestroy();
    await expect.poll(held).toBe(0);
    expect(origin.accepted).toBe(0);
  });

  it('that finds no place on disk is answered 503', async () => {
    start(SMALL, '/nowhere/at/all');
    const client = await rawClient(plane.port);
    client.send(`${POST}Content-Length: 90000\r\n\r\n${'x'.repeat(60_000)}`);
    await client.has('HTTP/1.1 503');
    expect(origin.accepted).toBe(0);
  });
});

describe('an answer', () => {
  const LONG = 30_000_000;
  const DISK = { request: null, response: { memoryMax: 65_536, diskMax: 1_000_000_000 } };
  const head = (extra = '') => `HTTP/1.1 200 OK\r\n${extra}Content-Length: ${LONG}\r\n\r\n`;

  /** A client that reads nothing yet, and the server that answers it. */
  async function slow(extra = '') {
    const client = await rawClient(plane.port);
    client.send(GET);
    const server = await origin.connection();
    await server.has('\r\n\r\n');
    client.socket.pause();
    server.send(head(extra));
    const bytes = Buffer.alloc(LONG);
    for (let at = 0; at < LONG; at += 4) bytes.writeUInt32BE(at, at);
    server.socket.write(bytes);
    return { client, server, bytes };
  }

  it('that a slow client takes its time for frees its server at once', async () => {
    start(DISK);
    const { client, server, bytes } = await slow();
    await expect.poll(() => plane.server(origin.port).inFlight, { timeout: 10_000 }).toBe(0);
    expect(server.socket.writableLength).toBe(0);
    expect(held()).toBe(1);
    client.socket.resume();
    const body = (await client.has('\r\n\r\n')).indexOf('\r\n\r\n') + 4;
    const text = await client.until(({ length }) => length === body + LONG);
    expect(Buffer.from(text.slice(-LONG), 'latin1').equals(bytes)).toBe(true);
    await expect.poll(held).toBe(0);
  });

  it.each([
    ['says that it is not to be held', DISK, 'X-Accel-Buffering: no\r\n'],
    ['has no more room', { ...DISK, response: { memoryMax: 65_536, diskMax: 0 } }, ''],
  ])('stops its server where it %s', async (_what, buffering, extra) => {
    start(buffering);
    const { client, server } = await slow(extra);
    await expect.poll(() => plane.server(origin.port).bytesIn).toBeGreaterThan(0);
    expect(server.socket.writableLength).toBeGreaterThan(0);
    expect(plane.server(origin.port).inFlight).toBe(1);
    client.socket.resume();
    await client.until((text) => text.length > LONG);
    expect(client.received).not.toContain('X-Accel-Buffering');
  });

  it('goes on without a disk', async () => {
    start(DISK, '/nowhere/at/all');
    const { client, server } = await slow();
    await expect.poll(() => plane.server(origin.port).bytesIn).toBeGreaterThan(0);
    expect(server.socket.writableLength).toBeGreaterThan(0);
    client.socket.resume();
    await client.until((text) => text.length > LONG);
  });

  it('whose client leaves leaves no file behind', async () => {
    start(DISK);
    const { client } = await slow();
    await expect.poll(held).toBe(1);
    client.socket.resetAndDestroy();
    await expect.poll(held).toBe(0);
  });
});
