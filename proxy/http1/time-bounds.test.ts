import { expect, it } from 'vitest';
import type { TimeBounds } from '../../src/config/proxy-config.ts';
import { proxyConfig, routeConfig, startPlane, upstreamConfig } from '../data-plane.fixture.ts';
import { rawClient } from '../raw-peers.fixture.ts';
import { NO_BOUNDS } from './request-bounds.ts';
import { exchange, OK, REQUEST, scene, start, useScene } from './scene.fixture.ts';

useScene();

const POST = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n';

function bound(changes: Partial<TimeBounds>): void {
  start({}, { time: { ...NO_BOUNDS, ...changes } });
}

function boundRoute(timeoutMs: number): void {
  const routes = [routeConfig({ timeoutMs })];
  scene.proxy = startPlane(proxyConfig(upstreamConfig([scene.origin.port]), { routes }));
}

it('answers 408 to a body that drips, however steadily', async () => {
  bound({ bodyRateMin: 1000, bodyRateGraceMs: 300 });
  const client = await rawClient(scene.proxy.port);
  client.send(POST);
  const drip = setInterval(() => client.send('x'), 20);
  const answer = await client.end();
  clearInterval(drip);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain('too slowly');
  expect(scene.proxy.listener().responses4xx).toBe(1);
  client.socket.destroy();
});

it('answers 408 to a request that takes too long in all', async () => {
  bound({ requestTimeoutMs: 300 });
  const client = await rawClient(scene.proxy.port);
  client.send(POST);
  const pour = setInterval(() => client.send('x'.repeat(100)), 20);
  const answer = await client.end();
  clearInterval(pour);
  expect(answer).toMatch(/^HTTP\/1\.1 408 [^\0]*did not arrive in time/);
  client.socket.destroy();
});

it('closes after the last request that a connection may carry', async () => {
  bound({ requestsMax: 2 });
  const { client, server } = await exchange();
  server.send(OK);
  expect(await client.has('ok')).not.toContain('Connection: close');
  client.take();
  server.take();
  client.send(REQUEST);
  await server.has('\r\n\r\n');
  server.send(OK);
  expect(await client.end()).toContain('Connection: close');
  client.socket.destroy();
});

it('closes an old connection with its next response', async () => {
  bound({ ageMaxMs: 1 });
  const { client, server } = await exchange();
  server.send(OK);
  let answer = await client.has('ok');
  // The clock of deadlines moves in ticks, so the first request may have been young enough.
  while (!answer.includes('Connection: close')) {
    client.take();
    server.take();
    client.send(REQUEST);
    await server.has('\r\n\r\n');
    server.send(OK);
    answer = await client.has('ok');
  }
  await client.end();
  client.socket.destroy();
});

it('answers 504 when a route is out of time, and takes the server connection down', async () => {
  boundRoute(200);
  const { client, server } = await exchange();
  const answer = await client.has('in time\n');
  expect(answer).toMatch(/^HTTP\/1\.1 504 /);
  await server.closed();
  expect(scene.proxy.server(scene.origin.port).inFlight).toBe(0);
  client.socket.destroy();
});

it('cuts a connection whose answer has begun when its route is out of time', async () => {
  boundRoute(1000);
  const { client, server } = await exchange();
  server.send('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
  const pour = setInterval(() => server.send('x'), 20);
  await client.has('200 OK');
  expect(await client.closed()).toBe('ECONNRESET');
  clearInterval(pour);
});
