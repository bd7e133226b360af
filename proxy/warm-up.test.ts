import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { proxyConfig, SILENT_LOG, upstreamConfig } from './data-plane.fixture.ts';
import { startBalancer } from './index.ts';
import { testEngine } from './io/test-engine.fixture.ts';
import { WARM_UP_CONCURRENCY, WARM_UP_REQUESTS_MAX } from './limits.ts';
import { warmUp } from './warm-up.ts';

it('a rehearsal answers its own requests, within its bound, and leaves nothing behind', async () => {
  const engine = testEngine();
  const answered = await warmUp(engine);
  expect(answered).toBeGreaterThan(WARM_UP_CONCURRENCY);
  expect(answered).toBeLessThanOrEqual(WARM_UP_REQUESTS_MAX);
  await expect.poll(() => process.getActiveResourcesInfo()).not.toContain('TCPSocketWrap');
  expect(process.getActiveResourcesInfo()).not.toContain('TCPServerWrap');
  engine.deadlines.stop();
});

it('rehearsing neither asks the servers nor counts', async () => {
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
