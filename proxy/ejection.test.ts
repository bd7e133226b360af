import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { EjectionConfig } from '../src/config/proxy-config.ts';
import { proxyConfig, startPlane, type TestPlane, upstreamConfig } from './data-plane.fixture.ts';
import { closedPort } from './health/origin.fixture.ts';
import { OUTLIER, PASSIVE } from './resilience/ejection.fixture.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function originOf(answer: RequestListener): Promise<number> {
  const server: Server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function planeOf(ports: readonly number[], ejection: EjectionConfig, protocol?: 'tcp'): TestPlane {
  const upstream = upstreamConfig(ports, { ejection });
  const plane = startPlane(proxyConfig(upstream, protocol === undefined ? {} : { protocol }));
  closing.push(() => plane.close());
  return plane;
}

async function statuses(port: number, count: number): Promise<number[]> {
  const seen: number[] = [];
  for (let index = 0; index < count; index++) {
    const response = await fetch(`http://127.0.0.1:${port}/`);
    await response.arrayBuffer();
    seen.push(response.status);
  }
  return seen;
}

describe('requests', () => {
  it('take a server out that answers with errors, and go to the others', async () => {
    const good = await originOf((_, response) => void response.end('ok'));
    const bad = await originOf((_, response) => void response.writeHead(503).end());
    const plane = planeOf([good, bad], OUTLIER);
    const seen = await statuses(plane.port, 20);
    expect(seen.filter((status) => status === 503)).toHaveLength(OUTLIER.failuresMax);
    expect(plane.server(bad).requests).toBe(OUTLIER.failuresMax);
  });

  it('take a server out that refuses connections, without harm', async () => {
    const good = await originOf((_, response) => void response.end('ok'));
    const refusing = await closedPort();
    const plane = planeOf([refusing, good], PASSIVE);
    expect(new Set(await statuses(plane.port, 10))).toEqual(new Set([200]));
    expect(plane.server(refusing).requests).toBe(1);
  });

  it('still reach the last server, whatever it answers', async () => {
    const bad = await originOf((_, response) => void response.writeHead(500).end());
    const refusing = await closedPort();
    const plane = planeOf([bad, refusing], { ...PASSIVE, statuses: [[500, 599]] });
    expect(new Set(await statuses(plane.port, 10))).toEqual(new Set([500]));
  });
});

it('sessions take a server out that refuses them', async () => {
  const origin = net.createServer((socket) => socket.end('hello'));
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  closing.push(async () => void origin.close());
  const refusing = await closedPort();
  const good = (origin.address() as AddressInfo).port;
  const plane = planeOf([refusing, good], { ...OUTLIER, failuresMax: 2 }, 'tcp');
  for (let index = 0; index < 10; index++) {
    const client = net.connect(plane.port, '127.0.0.1');
    const [data] = (await once(client, 'data')) as [Buffer];
    expect(data.toString()).toBe('hello');
    client.destroy();
  }
  expect(plane.server(refusing).connectFailures).toBe(2);
});
