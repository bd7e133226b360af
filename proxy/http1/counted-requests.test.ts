/** What is counted of requests for each route and each server, and how long they took. */
import { describe, expect, it, vi } from 'vitest';
import {
  proxyConfig,
  routeConfig,
  serverConfig,
  startPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { rawClient } from '../raw-peers.fixture.ts';
import { serverIdentity } from '../upstream/identity.ts';
import { OK, REQUEST, scene, useScene } from './scene.fixture.ts';

useScene();

function startRoutes(): void {
  const routes = [routeConfig({ name: 'shop' }), routeConfig({ name: 'other', path: '/other' })];
  scene.proxy = startPlane(proxyConfig(upstreamConfig([scene.origin.port]), { routes }));
}

describe('a request', () => {
  it('counts for its route and its server, with its bytes and its times', async () => {
    startRoutes();
    const client = await rawClient(scene.proxy.port);
    client.send(REQUEST);
    const server = await scene.origin.connection();
    await server.has('\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 30));
    server.send(OK);
    const answer = await client.has('ok');
    const { counters, errors, durations } = scene.proxy.route(0);
    expect(counters).toMatchObject({ responses2xx: 1, responses5xx: 0 });
    expect([counters.bytesIn, counters.bytesOut]).toEqual([REQUEST.length, answer.length]);
    expect(errors).toEqual({});
    expect(durations).toMatchObject({ count: 1 });
    expect(durations.sumMs).toBeGreaterThan(25);
    expect(scene.proxy.route(1).durations.count).toBe(0);
    const identity = serverIdentity('web', serverConfig(scene.origin.port));
    const { connect, header, response } = scene.proxy.registry.times(identity);
    expect([connect.count, header.count, response.count]).toEqual([1, 1, 1]);
    expect(header.sumMs).toBeGreaterThan(25);
    expect(response.sumMs).toBeGreaterThanOrEqual(header.sumMs);
    expect(durations.sumMs).toBeGreaterThanOrEqual(response.sumMs);
    client.socket.destroy();
  });

  it('that fails counts with its code and its status', async () => {
    startRoutes();
    const client = await rawClient(scene.proxy.port);
    client.send(REQUEST);
    const server = await scene.origin.connection();
    await server.has('\r\n\r\n');
    server.send('nonsense\r\n\r\n');
    await client.has('502');
    await vi.waitFor(() => expect(scene.proxy.route(0).counters.responses5xx).toBe(1));
    expect(scene.proxy.route(0).errors).toEqual({ bad_response: 1 });
    client.socket.destroy();
  });
});
