/** A cache that two workers of a real balancer share. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { proxyConfig, routeConfig, SILENT_LOG, upstreamConfig } from '../data-plane.fixture.ts';
import { startBalancer } from '../index.ts';
import { ROUTE_CACHE } from './cache-scene.fixture.ts';

const CLIENTS = 40;
const HALF = 'x'.repeat(50_000);

it('fetches once what many clients ask all workers for at one moment', async () => {
  let asked = 0;
  const waiting: (() => void)[] = [];
  const origin = http.createServer((_request, response) => {
    asked++;
    response.writeHead(200, { 'Cache-Control': 'max-age=600' });
    response.write(HALF);
    waiting.push(() => response.end(HALF));
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const config = proxyConfig(upstreamConfig([(origin.address() as AddressInfo).port]), {
    routes: [routeConfig({ cache: ROUTE_CACHE })],
  });
  const caches = [
    { name: 'pages', memoryBytes: 8 * 1024 ** 2, disk: null, objectMaxBytes: 1024 ** 2 },
  ];
  const balancer = await startBalancer({ ...config, workers: 2, caches }, { log: SILENT_LOG });
  const { port } = balancer.status().listeners[0]!.binds[0]!;
  const answers = Array.from({ length: CLIENTS }, async () => {
    const request = http.get({ port, host: '127.0.0.1', path: '/one', agent: false });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    let length = 0;
    for await (const bytes of response) length += (bytes as Buffer).length;
    return length;
  });
  const front = () => balancer.status().listeners[0]!.totals;
  await expect.poll(() => front().requests, { timeout: 10_000 }).toBe(CLIENTS);
  await expect.poll(() => waiting.length).toBeGreaterThan(0);
  for (const answer of waiting) answer();
  expect(await Promise.all(answers)).toEqual(answers.map(() => HALF.length * 2));
  expect(asked).toBe(1);
  await balancer.stop();
  origin.close();
});
