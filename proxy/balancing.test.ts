/** Policies as clients meet them: real sockets, real origins. */
import { afterEach, describe, expect, it } from 'vitest';
import type { UpstreamConfig } from '../src/config/proxy-config.ts';
import {
  proxyConfig,
  serverConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from './data-plane.fixture.ts';
import { ask, NamedOrigins } from './named-origins.fixture.ts';
import { rawClient } from './raw-peers.fixture.ts';
import { serverIdentity } from './upstream/identity.ts';

let origins: NamedOrigins;
const planes: TestPlane[] = [];

async function start(
  count: number,
  upstream: Partial<UpstreamConfig>,
  protocol: 'http' | 'tcp' = 'http',
): Promise<TestPlane> {
  origins ??= await NamedOrigins.listen(count);
  const plane = startPlane(proxyConfig(upstreamConfig(origins.ports, upstream), { protocol }));
  planes.push(plane);
  return plane;
}

afterEach(async () => {
  await Promise.all(planes.splice(0).map((plane) => plane.close()));
  origins.close();
  origins = undefined as unknown as NamedOrigins;
});

describe('a hash policy', () => {
  it('sends a key to one server, on any host of the pair and after a restart', async () => {
    const key = { kind: 'header', name: 'x-user' } as const;
    const config = { policy: 'hash', hash: { key, loadFactor: null } } as const;
    const [one, other] = [await start(5, config), await start(5, config)];
    const users = Array.from({ length: 40 }, (_, index) => `user-${index}`);
    const found = new Set<number>();
    for (const user of users) {
      const first = await ask(one.port, '/', { 'X-User': user });
      const second = await ask(other.port, `/${user}`, { 'x-user': user });
      expect(second.origin).toBe(first.origin);
      found.add(first.origin);
    }
    expect(found.size).toBe(5);
  });

  it('balances requests without the key in turn', async () => {
    const key = { kind: 'cookie', name: 'id' } as const;
    const { port } = await start(3, { policy: 'hash', hash: { key, loadFactor: null } });
    const found: number[] = [];
    for (let request = 0; request < 6; request++) found.push((await ask(port)).origin);
    expect(found.sort()).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('takes TCP sessions by their source, whatever the key', async () => {
    const key = { kind: 'path' } as const;
    const config = { policy: 'hash', hash: { key, loadFactor: null } } as const;
    const { port } = await start(5, config, 'tcp');
    const found = new Set<string>();
    for (let session = 0; session < 10; session++) {
      const client = await rawClient(port);
      client.send(`GET /${session} HTTP/1.0\r\n\r\n`);
      found.add((await client.end()).slice(-1));
      client.socket.destroy();
    }
    expect(found.size).toBe(1);
  });
});

describe('least_time', () => {
  it('leaves a server that answers slowly, and measures it again', async () => {
    const { port, server } = await start(2, { policy: 'least_time' });
    origins.delays[1] = 60;
    for (let request = 0; request < 60; request++) await ask(port);
    const slow = () => server(origins.ports[1]!).requests;
    const before = slow();
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(6);
    for (let request = 0; request < 60; request++) await ask(port);
    expect(slow() - before).toBeLessThan(3);
  });

  it('measures how long connecting takes for TCP', async () => {
    const { port, registry } = await start(2, { policy: 'least_time' }, 'tcp');
    origins.delays.fill(100);
    for (let request = 0; request < 4; request++) await ask(port);
    for (const one of origins.ports) {
      const average = registry.averageMs(serverIdentity('web', serverConfig(one)));
      expect(average).toBeGreaterThan(0);
      expect(average).toBeLessThan(100);
    }
  });
});

describe('first', () => {
  it('keeps to the first server that works', async () => {
    const { port } = await start(3, { policy: 'first' });
    for (let request = 0; request < 5; request++) expect((await ask(port)).origin).toBe(0);
    origins.servers[0]!.close();
    origins.servers[0]!.closeAllConnections();
    for (let request = 0; request < 5; request++) expect((await ask(port)).origin).toBe(1);
  });
});
