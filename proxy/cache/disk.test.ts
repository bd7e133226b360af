/** A route whose cache has a disk, over real sockets: what memory has no room for, and what a restart leaves. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RouteCacheConfig } from '../../src/config/cache-config.ts';
import {
  proxyConfig,
  routeConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { RawOrigin, type RawPeer, rawClient } from '../raw-peers.fixture.ts';
import { ROUTE_CACHE } from './cache-scene.fixture.ts';

const LONG = 60_000;

let origin: RawOrigin;
let plane: TestPlane;
let path: string;
/** Targets that the origin was asked for. */
let asked: string[];

beforeEach(async () => {
  asked = [];
  path = mkdtempSync(join(tmpdir(), 'tandem-cache-'));
  origin = await RawOrigin.listen();
  serve();
});

afterEach(async () => {
  await plane.close();
  origin.close();
  rmSync(path, { recursive: true });
});

/** Every answer is of the length above, made of its target, and varies where that says so. */
async function serve(): Promise<void> {
  for (;;) {
    const server = await origin.connection();
    server.socket.on('data', (bytes: Buffer) => {
      const [, target = ''] = /^GET (\S+) /.exec(bytes.toString()) ?? [];
      asked.push(target);
      const vary = target.includes('vary') ? 'Vary: X-Kind\r\n' : '';
      const head = `HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n${vary}Content-Length: ${LONG}`;
      server.send(
        `${head}\r\nDate: ${new Date().toUTCString()}\r\n\r\n${target.padEnd(LONG, '.')}`,
      );
    });
  }
}

async function start(cache: Partial<RouteCacheConfig> = {}): Promise<void> {
  const config = proxyConfig(upstreamConfig([origin.port]), {
    routes: [routeConfig({ cache: { ...ROUTE_CACHE, lockTimeoutMs: 0, ...cache } })],
  });
  const disk = { path, bytes: 64 * 1024 ** 2 };
  const caches = [{ name: 'pages', memoryBytes: 1024 ** 2, disk, objectMaxBytes: 100_000 }];
  plane = startPlane({ ...config, caches });
  await expect.poll(() => plane.caches.status()[0]!.disk!.state).toBe('on');
}

/** What a client gets: the member of Cache-Status that is ours. */
async function get(client: RawPeer, target: string): Promise<string> {
  client.take();
  client.send(`GET ${target} HTTP/1.1\r\nHost: x\r\nX-Kind: a\r\n\r\n`);
  const head = (await client.has('\r\n\r\n')).split('\r\n\r\n', 1)[0]!;
  const got = await client.until(({ length }) => length === head.length + 4 + LONG);
  expect(got.slice(head.length + 4, head.length + 4 + target.length)).toBe(target);
  return /^Cache-Status: tandem; (.*)$/m.exec(head)?.[1] ?? '';
}

const onDisk = () => plane.caches.status()[0]!.disk!.files;

it('gives from disk what memory had no room for, and after a restart', async () => {
  await start();
  const targets = ['/vary', ...Array.from({ length: 30 }, (_, n) => `/${n}`)];
  const client = await rawClient(plane.port);
  for (const [n, target] of targets.entries()) {
    expect(await get(client, target)).toContain('fwd=uri-miss');
    // One for the list of variants.
    await expect.poll(onDisk).toBe(n + 2);
  }
  expect(asked).toEqual(targets);
  for (const target of targets) expect(await get(client, target)).toMatch(/^hit/);
  expect(asked).toEqual(targets);
  expect(plane.caches.status()[0]!.disk!.brought).toBeGreaterThan(10);
  client.socket.destroy();

  await plane.close();
  await start();
  const again = await rawClient(plane.port);
  for (const target of targets) expect(await get(again, target)).toMatch(/^hit/);
  expect(asked).toEqual(targets);
  expect(await plane.caches.purge('pages', null)).toBeGreaterThan(0);
  expect(await get(again, '/3')).toContain('fwd=uri-miss');
});

it('gives variants from disk after a restart where the key of the route has a header', async () => {
  const key = [...ROUTE_CACHE.key, { kind: 'header', name: 'x-kind' }] as const;
  await start({ key });
  const client = await rawClient(plane.port);
  for (const target of ['/1', '/vary']) expect(await get(client, target)).toContain('stored');
  await expect.poll(onDisk).toBe(4);
  client.socket.destroy();
  await plane.close();
  await start({ key });
  const again = await rawClient(plane.port);
  for (const target of ['/1', '/vary']) expect(await get(again, target)).toMatch(/^hit/);
  expect(asked).toEqual(['/1', '/vary']);
});
