import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { AccessList } from '../../src/config/access-config.ts';
import { proxyConfig, startPlane, type TestPlane, upstreamConfig } from '../data-plane.fixture.ts';
import { RawOrigin, rawClient } from '../raw-peers.fixture.ts';

const loopback = { address: '127.0.0.0', prefixLength: 8 };

let origin: RawOrigin;
let proxy: TestPlane;

afterEach(async () => {
  await proxy.close();
  origin.close();
});

async function start(...access: readonly AccessList[]): Promise<void> {
  origin = await RawOrigin.listen();
  const config = proxyConfig(upstreamConfig([origin.port]), { protocol: 'tcp', tcp: { access } });
  proxy = startPlane(config);
}

describe('a TCP listener', () => {
  it('resets clients that may not come, and asks no server', async () => {
    await start([{ allow: false, networks: [loopback] }]);
    const socket = net.connect(proxy.port, '127.0.0.1');
    const [error] = await once(socket, 'error', { signal: AbortSignal.timeout(5000) });
    expect((error as NodeJS.ErrnoException).code).toBe('ECONNRESET');
    expect(origin.accepted).toBe(0);
    expect(proxy.listener().refused).toBe(1);
  });

  it('serves those who may', async () => {
    await start([
      { allow: true, networks: [loopback] },
      { allow: false, networks: [] },
    ]);
    const client = await rawClient(proxy.port);
    client.send('hello');
    const server = await origin.connection();
    expect(await server.has('hello')).toBe('hello');
    client.socket.destroy();
  });
});
