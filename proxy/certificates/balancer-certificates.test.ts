import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Agent, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CertificateConfig } from '../../src/config/tls-config.ts';
import { proxyConfig, SILENT_LOG, upstreamConfig } from '../data-plane.fixture.ts';
import { type Balancer, startBalancer } from '../index.ts';
import { Authority, opensslMissing } from './certificates.fixture.ts';
import { sClient } from './openssl-client.fixture.ts';
import { TLS } from './tls-config.fixture.ts';

describe.skipIf(opensslMissing())('a balancer with two workers and TLS (openssl)', () => {
  const authority = new Authority();
  const running: Balancer[] = [];
  let origin: Server;
  let originPort = 0;

  beforeAll(async () => {
    origin = createServer((_, response) => response.end('ok'));
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    originPort = (origin.address() as AddressInfo).port;
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((balancer) => balancer.stop()));
  });
  afterAll(() => {
    origin.close();
    authority.remove();
  });

  function files(name: string, names: readonly string[] = []): CertificateConfig {
    const [certificate, key] = ['pem', 'key'].map((end) => authority.path(`${name}.${end}`));
    return { certificate: certificate!, key: key!, names, ocsp: null };
  }

  async function start(certificates: readonly CertificateConfig[]): Promise<Balancer> {
    const tls = { ...TLS, certificates };
    const config = { ...proxyConfig(upstreamConfig([originPort]), { tls }), workers: 2 };
    const balancer = await startBalancer(config, { log: SILENT_LOG });
    running.push(balancer);
    return balancer;
  }

  const portOf = (balancer: Balancer) => balancer.status().listeners[0]!.binds[0]!.port;

  /** Asks until told to stop; `agent` keeps its connections or not. What certificates it saw. */
  async function load(port: number, agent: Agent, stopped: () => boolean) {
    const seen = new Set<string>();
    let answered = 0;
    while (!stopped()) {
      const request = get({ port, host: '127.0.0.1', agent, servername: 'site.test' });
      request.on('socket', (socket) => {
        if (!socket.connecting) return;
        socket.once('secureConnect', () => {
          seen.add((socket as TLSSocket).getPeerCertificate().fingerprint256);
        });
      });
      const [response] = await once(request, 'response');
      expect(response.statusCode).toBe(200);
      response.resume();
      await once(response, 'end');
      answered++;
    }
    return { seen, answered };
  }

  it('swaps a certificate under load, and no request fails', async () => {
    authority.make('site');
    const balancer = await start([files('site')]);
    const port = portOf(balancer);
    const fingerprint = () => balancer.status().certificates[0]!.fingerprint!;
    const ca = authority.read('root.pem');
    const kept = new Agent({ ca, keepAlive: true, maxSockets: 2 });
    const fresh = new Agent({ ca, keepAlive: false, maxCachedSessions: 0 });
    let stopped = false;
    const runs = [kept, kept, fresh, fresh].map((agent) => load(port, agent, () => stopped));
    const used = [fingerprint()];
    for (let swap = 0; swap < 2; swap++) {
      authority.make('site');
      await expect.poll(fingerprint, { timeout: 5000 }).not.toBe(used.at(-1));
      used.push(fingerprint());
    }
    const last = await sClient(port, [
      '-servername',
      'site.test',
      '-CAfile',
      authority.path('root.pem'),
    ]);
    expect(last.text).toContain('Verify return code: 0 (ok)');
    stopped = true;
    const outcomes = await Promise.all(runs);
    kept.destroy();
    fresh.destroy();
    const seen = new Set(outcomes.flatMap((outcome) => [...outcome.seen]));
    expect([...seen].every((one) => used.includes(one))).toBe(true);
    expect(seen).toContain(used[0]);
    expect(outcomes.every(({ answered }) => answered > 0)).toBe(true);
    const { totals } = balancer.status().listeners[0]!;
    expect(totals).toMatchObject({ tlsFailedInternal: 0, responses5xx: 0 });
  });

  it('starts with a certificate that is bad, which costs its own names only', async () => {
    authority.make('site');
    authority.make('old', { until: -3600 });
    const balancer = await start([files('site'), files('old')]);
    const { readiness, certificates } = balancer.status();
    expect(readiness).toMatchObject({
      ready: true,
      warnings: [
        expect.stringMatching(/^listener front: .*old\.pem expired .*not served: old\.test$/),
      ],
    });
    expect(certificates.map(({ state }) => state)).toEqual(['used', 'disabled']);
    const root = ['-CAfile', authority.path('root.pem')];
    const asked = (name: string) => sClient(portOf(balancer), [...root, '-servername', name]);
    expect((await asked('site.test')).text).toContain('Verify return code: 0 (ok)');
    expect((await asked('old.test')).text).toContain('unrecognized name');
    expect((await asked('other.test')).text).toContain('Verify return code: 0 (ok)');
  });

  it('without a usable certificate is alive and not ready until there is one', async () => {
    const balancer = await start([files('later')]);
    const told: boolean[] = [];
    balancer.onReadiness(({ ready }) => told.push(ready));
    expect(balancer.readiness().reasons).toEqual([
      'listener front has no certificate that can be used',
    ]);
    expect((await sClient(portOf(balancer), [])).text).toContain('unrecognized name');
    authority.make('later');
    await expect.poll(() => balancer.readiness().ready, { timeout: 5000 }).toBe(true);
    expect(told).toEqual([true]);
    const { code } = await sClient(portOf(balancer), ['-servername', 'later.test']);
    expect(code).toBe(0);
  });
});
