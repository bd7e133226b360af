/** Answers compressed on their way, over real sockets: what clients get, and what is left behind. */
import zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CompressionConfig } from '../../src/config/compression-config.ts';
import {
  proxyConfig,
  routeConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { testEngine } from '../io/test-engine.fixture.ts';
import { RawOrigin, type RawPeer, rawClient } from '../raw-peers.fixture.ts';
import { Compression, CompressorCount } from './compression.ts';

const CONFIG: CompressionConfig = {
  codings: ['zstd', 'br', 'gzip'],
  types: ['text/plain', 'text/event-stream'],
  sizeMin: 16,
  gzipLevel: 5,
  brLevel: 4,
  zstdLevel: 3,
};
const TEXT = 'to be or not to be, '.repeat(500);
const DECODE = {
  gzip: zlib.gunzipSync,
  br: zlib.brotliDecompressSync,
  zstd: zlib.zstdDecompressSync,
};

let origin: RawOrigin;
let plane: TestPlane;
let count: CompressorCount;

beforeEach(async () => {
  origin = await RawOrigin.listen();
  count = new CompressorCount();
  const routes = [routeConfig({ compression: CONFIG })];
  const config = proxyConfig(upstreamConfig([origin.port]), { routes });
  plane = startPlane(config, testEngine(), undefined, undefined, () => [
    new Compression(CONFIG, count),
  ]);
});

afterEach(async () => {
  await plane.close();
  origin.close();
});

/** What a client gets that accepts this, for an answer with these lines. */
async function ask(
  lines: readonly string[],
  body = TEXT,
  { accept = 'gzip', method = 'GET', status = '200 OK' } = {},
): Promise<{ head: string; body: Buffer; client: RawPeer; server: RawPeer }> {
  const client = await rawClient(plane.port);
  client.send(`${method} / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: ${accept}\r\n\r\n`);
  const server = await origin.connection();
  await server.has('\r\n\r\n');
  const head = [`HTTP/1.1 ${status}`, ...lines, `Content-Length: ${body.length}`, '', ''];
  server.send(head.join('\r\n') + (method === 'HEAD' ? '' : body));
  const whole = (text: string) => {
    const [top = '', rest = ''] = splitHead(text);
    if (method === 'HEAD' || /^HTTP\/1.1 (204|304)/.test(top)) return true;
    const length = /Content-Length: (\d+)/.exec(top)?.[1];
    return length === undefined ? rest.endsWith('0\r\n\r\n') : rest.length >= Number(length);
  };
  const [top = '', rest = ''] = splitHead(await client.until((got) => got !== '' && whole(got)));
  const bytes = Buffer.from(/chunked/.test(top) ? unchunked(rest) : rest, 'latin1');
  return { head: top, body: bytes, client, server };
}

function splitHead(text: string): string[] {
  const end = text.indexOf('\r\n\r\n');
  return end < 0 ? [text] : [text.slice(0, end), text.slice(end + 4)];
}

function unchunked(text: string): string {
  let out = '';
  for (let at = 0; ; ) {
    const line = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, line), 16);
    if (size === 0) return out;
    out += text.slice(line + 2, line + 2 + size);
    at = line + 4 + size;
  }
}

describe('an answer', () => {
  it.each(['gzip', 'br', 'zstd'] as const)(
    'in %s is the same when it is decoded',
    async (accept) => {
      const { head, body } = await ask(['Content-Type: text/plain'], TEXT, { accept });
      expect(head).toContain(`Content-Encoding: ${accept}`);
      expect(head).toContain('Vary: Accept-Encoding');
      expect(head).not.toContain('Content-Length');
      expect(body.length).toBeLessThan(TEXT.length / 10);
      expect(DECODE[accept](body).toString()).toBe(TEXT);
    },
  );

  it('has a weak tag, and nothing about the bytes that it had', async () => {
    const { head } = await ask([
      'Content-Type: text/plain; charset=utf-8',
      'ETag: "a"',
      'Content-Digest: sha-256=:x:',
      'Accept-Ranges: bytes',
      'Vary: Origin',
    ]);
    expect(head).toContain('ETag: W/"a"');
    expect(head).toContain('Vary: Origin, Accept-Encoding');
    expect(head).not.toMatch(/Content-Digest|Accept-Ranges/);
  });

  it.each([
    ['too short', ['Content-Type: text/plain'], 'short', {}],
    ['of another type', ['Content-Type: image/png'], TEXT, {}],
    ['without a type', [], TEXT, {}],
    ['encoded already', ['Content-Type: text/plain', 'Content-Encoding: gzip'], TEXT, {}],
    [
      'not to be transformed',
      ['Content-Type: text/plain', 'Cache-Control: no-transform'],
      TEXT,
      {},
    ],
    [
      'that is a part',
      ['Content-Type: text/plain', 'Content-Range: bytes 0-9999/10000'],
      TEXT,
      { status: '206 Partial Content' },
    ],
    ['for a client that cannot read it', ['Content-Type: text/plain'], TEXT, { accept: 'deflate' }],
  ])('%s goes out as it came', async (_what, lines, text, how) => {
    const { head, body } = await ask(lines, text, how);
    expect(head).toContain(`Content-Length: ${text.length}`);
    expect(body.toString()).toBe(text);
    const negotiable = (how as { accept?: string }).accept !== undefined;
    expect(/Vary: Accept-Encoding/.test(head)).toBe(negotiable);
  });

  it('to HEAD has the head of the compressed one', async () => {
    const { head, client, server } = await ask(['Content-Type: text/plain'], TEXT, {
      method: 'HEAD',
    });
    expect(head).toContain('Content-Encoding: gzip');
    expect(head).not.toMatch(/Content-Length|Transfer-Encoding/);
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await server.has('GET /');
    server.send('HTTP/1.1 204 No Content\r\n\r\n');
    await client.has('204 No Content');
  });

  it('leaves the connection to the next request', async () => {
    const { client, server } = await ask(['Content-Type: text/plain']);
    client.take();
    server.take();
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await server.has('GET /');
    server.send('HTTP/1.1 204 No Content\r\n\r\n');
    await client.has('204 No Content');
  });
});

/** A client with an answer under way whose length nobody knows. */
async function streaming(type: string): Promise<{ client: RawPeer; server: RawPeer }> {
  const client = await rawClient(plane.port);
  client.send('GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n');
  const server = await origin.connection();
  await server.has('\r\n\r\n');
  server.send(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`);
  await client.has('\r\n\r\n');
  return { client, server };
}

/** What can be read of a stream that has not ended. */
function readable(client: RawPeer): string {
  const [, rest = ''] = splitHead(client.received);
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
  const bytes = Buffer.from(unchunked(`${rest}0\r\n\r\n`), 'latin1');
  return bytes.length === 0 ? '' : zlib.gunzipSync(bytes, options).toString();
}

describe('a stream', () => {
  it.each(['text/event-stream', 'text/plain'])('of %s can be read as it comes', async (type) => {
    const { client, server } = await streaming(type);
    server.send('5\r\nfirst\r\n');
    await client.until(() => readable(client) === 'first');
    server.send('6\r\nsecond\r\n');
    await client.until(() => readable(client) === 'firstsecond');
    server.send('0\r\n\r\n');
    await client.has('0\r\n\r\n');
  });

  it('whose server dies is cut, and leaves no compressor behind', async () => {
    const { client, server } = await streaming('text/plain');
    server.send('5\r\nfirst\r\n');
    await client.until(() => readable(client) === 'first');
    expect(count.open).toBe(1);
    server.socket.resetAndDestroy();
    await client.closed();
    expect(client.received).not.toContain('0\r\n\r\n');
    await expect.poll(() => count.open).toBe(0);
  });

  it('whose client leaves leaves no compressor behind, nor a request at the server', async () => {
    const { client, server } = await streaming('text/plain');
    client.socket.resetAndDestroy();
    await server.closed();
    await expect.poll(() => count.open).toBe(0);
    expect(plane.server(origin.port).inFlight).toBe(0);
  });

  it('that nobody reads stops its server', async () => {
    const { client, server } = await streaming('text/plain');
    client.socket.pause();
    const noise = Buffer.alloc(65_536);
    for (let at = 0; at < noise.length; at++)
      noise[at] = 33 + (((at * at * 2_654_435_761) >>> 24) % 90);
    let sent = 0;
    while (sent < 256 && server.socket.writableLength < 4_000_000) {
      server.socket.write('10000\r\n');
      server.socket.write(noise);
      server.socket.write('\r\n');
      sent++;
      await new Promise(setImmediate);
    }
    expect(server.socket.writableLength).toBeGreaterThan(0);
    client.socket.resume();
    server.send('0\r\n\r\n');
    await client.has('0\r\n\r\n');
    const [, rest = ''] = splitHead(client.received);
    const whole = zlib.gunzipSync(Buffer.from(unchunked(rest), 'latin1'));
    expect(whole.length).toBe(sent * noise.length);
  });
});
