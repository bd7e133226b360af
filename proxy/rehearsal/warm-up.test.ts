import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { ListenerConfig, ProxyConfig } from '../../src/config/proxy-config.ts';
import { TLS } from '../certificates/tls-config.fixture.ts';
import {
  HTTP2,
  proxyConfig,
  SILENT_LOG,
  udpConfig,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { startBalancer } from '../index.ts';
import { testEngine } from '../io/test-engine.fixture.ts';
import { WARM_UP_CONCURRENCY, WARM_UP_SCENES_MAX } from '../limits.ts';
import { EDGE } from '../tls/certificates.fixture.ts';
import { DataPlane } from '../worker.ts';
import { stagesFor } from './rehearsal-config.ts';
import { warmUp } from './warm-up.ts';

const UPSTREAM = upstreamConfig([1]);
const CONFIG = proxyConfig(UPSTREAM);
const CERTIFICATE = {
  names: ['edge.test'],
  keyKind: 'ec',
  chain: EDGE.chain.toString(),
  key: EDGE.key.toString(),
  ocsp: null,
};

function configOf(
  ...listeners: readonly Partial<Parameters<typeof proxyConfig>[1]>[]
): ProxyConfig {
  const named = (listener: Parameters<typeof proxyConfig>[1], at: number): ListenerConfig => ({
    ...proxyConfig(UPSTREAM, listener).listeners[0]!,
    name: `listener ${at}`,
  });
  return { ...CONFIG, listeners: listeners.map(named) };
}

function setupOf(config: ProxyConfig, certificates = [CERTIFICATE]) {
  const material = { certificates, refused: [], clientCa: null };
  const secure = config.listeners.filter((one) => 'tls' in one && one.tls !== null);
  const listeners = Object.fromEntries(secure.map(({ name }) => [name, material]));
  return { config, tls: { listeners, upstreams: {} } };
}

const ask = { mode: 'required', ca: '/none', depth: 1, fields: [] } as const;
const PLAIN = { protocol: 'http' } as const;
const CLEARTEXT = { http2: HTTP2 } as const;
const SECURE = { tls: { ...TLS, protocols: ['h2', 'http/1.1'] }, http2: HTTP2 } as const;
const DEMANDING = { tls: { ...TLS, clientCertificates: ask, unknownName: 'refuse' } } as const;
const STREAM = { protocol: 'tcp' } as const;

describe('a rehearsal', () => {
  it.each([
    ['HTTP/1', [PLAIN]],
    ['HTTP/1 and HTTP/2 without TLS', [CLEARTEXT]],
    ['HTTP/1 and HTTP/2 over TLS', [SECURE]],
    ['TLS that asks clients for certificates', [DEMANDING]],
    ['TCP', [STREAM]],
    ['all of it', [PLAIN, SECURE, STREAM]],
  ] as const)(
    'plays the scenes of %s, within its bounds, and leaves nothing behind',
    async (_, kinds) => {
      const engine = testEngine();
      const played = await warmUp(engine, setupOf(configOf(...kinds)));
      // One that does not come to its end takes its client along.
      expect(played).toBeGreaterThan(2 * WARM_UP_CONCURRENCY);
      expect(played).toBeLessThanOrEqual(WARM_UP_SCENES_MAX);
      const left = () => process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP'));
      await expect.poll(left).toEqual([]);
      engine.deadlines.stop();
    },
  );

  it('gives the address of its clients away, and takes that back, while they are served', async () => {
    const order = vi.spyOn(DataPlane.prototype, 'drainAddresses');
    const engine = testEngine();
    await warmUp(engine, setupOf(configOf(PLAIN)));
    const drained = order.mock.calls.map(([drains]) => drains.map(({ address }) => address).join());
    expect(new Set(drained)).toEqual(new Set(['127.0.0.1', '']));
    order.mockRestore();
    engine.deadlines.stop();
  });

  it('is over at once where there is nothing to play', async () => {
    const engine = testEngine();
    const config = configOf(SECURE);
    expect(await warmUp(engine, setupOf(config, []))).toBe(0);
    expect(await warmUp(engine, setupOf(udpConfig(UPSTREAM)))).toBe(0);
    engine.deadlines.stop();
  });

  it('has one stage of a kind, and no name or server of the balancer’s', () => {
    const { config, tls } = setupOf(configOf(PLAIN, SECURE, PLAIN, DEMANDING, STREAM, STREAM));
    const stages = stagesFor(config.listeners, tls, 7);
    expect(stages.config.listeners.map(({ name }) => name)).toEqual(['plain', 'secure', 'stream']);
    expect(Object.keys(stages.tls.listeners)).toEqual(['secure']);
    expect(JSON.stringify(stages.config)).not.toMatch(/listener \d|"web"/);
    expect(stages.config.upstreams.flatMap(({ servers }) => servers)).toMatchObject([{ port: 7 }]);
  });

  it('neither asks the servers nor counts', async () => {
    const origin = createServer().listen(0, '127.0.0.1');
    await once(origin, 'listening');
    let connections = 0;
    origin.on('connection', () => connections++);
    const config = proxyConfig(upstreamConfig([(origin.address() as AddressInfo).port]));
    const balancer = await startBalancer(config, { log: SILENT_LOG });
    const { listeners, upstreams } = balancer.status();
    for (const { totals } of [...listeners, ...upstreams[0]!.servers]) {
      expect(Object.values(totals).every((total) => total === 0)).toBe(true);
    }
    expect(connections).toBe(0);
    await balancer.stop();
    origin.close();
  });
});
