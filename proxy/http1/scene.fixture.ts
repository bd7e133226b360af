/** One origin, one HTTP listener, one client at a time: what most tests of the engine need. */
import { afterEach, beforeEach } from 'vitest';
import type { HttpLimits, HttpRulesConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import { proxyConfig, startPlane, type TestPlane, upstreamConfig } from '../data-plane.fixture.ts';
import { RawOrigin, type RawPeer, rawClient } from '../raw-peers.fixture.ts';

export const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** The scene of the test that runs; `origin` is there from its start, `proxy` after `start`. */
export const scene: { origin: RawOrigin; proxy: TestPlane } = {
  origin: undefined as unknown as RawOrigin,
  proxy: undefined as unknown as TestPlane,
};

/** Sets the scene up and down around each test of a file. */
export function useScene(): void {
  beforeEach(async () => {
    scene.origin = await RawOrigin.listen();
  });
  afterEach(async () => {
    await scene.proxy.close();
    scene.origin.close();
  });
}

/** Starts the proxy; its servers are at `ports`, else it is the origin. */
export function start(
  upstream: Partial<UpstreamConfig> = {},
  limits: Partial<HttpLimits> = {},
  ports: readonly number[] = [scene.origin.port],
  rules: Partial<HttpRulesConfig> = {},
): void {
  scene.proxy = startPlane(proxyConfig(upstreamConfig(ports, upstream), { limits, rules }));
}

/** Starts the proxy with these rules for messages. */
export function startWith(rules: Partial<HttpRulesConfig>): void {
  start({}, {}, undefined, rules);
}

/** Sends a request and takes its head at the origin. */
export async function exchange(request = REQUEST): Promise<{ client: RawPeer; server: RawPeer }> {
  const client = await rawClient(scene.proxy.port);
  client.send(request);
  const server = await scene.origin.connection();
  await server.has('\r\n\r\n');
  return { client, server };
}

/** What a refused request gets: its status line, after which the connection ends. */
export async function refusal(request: string): Promise<string> {
  const client = await rawClient(scene.proxy.port);
  client.send(request);
  const received = await client.end();
  client.socket.destroy();
  return received.split('\r\n')[0] ?? '';
}
