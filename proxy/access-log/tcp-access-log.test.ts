import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AccessLogConfig, LogPart } from '../../src/config/access-log-config.ts';
import {
  proxyConfig,
  SILENT_LOG,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { fullQueue } from '../health/full-queue.fixture.ts';
import { testEngine } from '../io/test-engine.fixture.ts';
import { RawOrigin, type RawPeer, rawClient } from '../raw-peers.fixture.ts';

const VARIABLES =
  'protocol listener upstream remote_addr end error bytes_received bytes_sent tries upstream_addr connection';

let origin: RawOrigin;
let proxy: TestPlane;
let text = '';

beforeEach(async () => {
  text = '';
  origin = await RawOrigin.listen();
});

afterEach(async () => {
  await proxy.close();
  origin.close();
});

function start(port = origin.port): void {
  const parts = VARIABLES.split(' ').flatMap((variable): LogPart[] => [
    { variable },
    { text: '|' },
  ]);
  const accessLog: AccessLogConfig = {
    destination: { kind: 'stdout' },
    style: 'text',
    parts: [
      ...parts,
      { variable: 'session_time' },
      { text: '|' },
      { variable: 'upstream_connect_time' },
    ],
    redact: [],
    truncateAddresses: true,
    sampleEvery: 1,
    flushMs: 50,
    bufferBytes: 65_536,
  };
  const config = proxyConfig(upstreamConfig([port]), { protocol: 'tcp', accessLog });
  proxy = startPlane(config, testEngine(), SILENT_LOG, {
    send(destination, bytes) {
      text += Buffer.from(bytes).toString('latin1');
      queueMicrotask(() => proxy.plane.linesTaken(destination));
    },
  });
}

async function line(): Promise<string> {
  await vi.waitFor(() => expect(text).toMatch(/\n$/), { timeout: 5000 });
  return text;
}

it('a session that ends says where it went, how long it took and what moved', async () => {
  start();
  const client = await rawClient(proxy.port);
  client.send('hello');
  const server = await origin.connection();
  await server.has('hello');
  server.send('welcome!');
  await client.has('welcome!');
  client.socket.end();
  await server.end();
  server.socket.end();
  expect(await line()).toMatch(
    new RegExp(
      `^TCP\\|front\\|web\\|127.0.0.0\\|done\\|-\\|5\\|8\\|1\\|127.0.0.1:${origin.port}\\|1\\|` +
        '\\d+\\.\\d{3}\\|\\d+\\.\\d{3}\n$',
    ),
  );
});

it('a session that a server resets says so', async () => {
  start();
  const client = await rawClient(proxy.port);
  client.send('hello');
  const server = await origin.connection();
  await server.has('hello');
  server.socket.resetAndDestroy();
  expect(await line()).toContain('|server_reset|-|5|0|1|');
});

it('a session without a server says why', async () => {
  const dead = await RawOrigin.listen();
  const { port } = dead;
  dead.close();
  await vi.waitFor(() => expect(dead.server.listening).toBe(false));
  start(port);
  // The reset may come before the client knows that it is connected.
  const client = await rawClient(proxy.port).catch(() => null);
  await client?.closed();
  expect(await line()).toContain(`|no_server|connect_failed|0|0|1|127.0.0.1:${port}|`);
});

it.each<[string, (client: RawPeer) => unknown]>([
  ['client_reset', (client) => client.socket.end()],
  ['client_reset', (client) => client.socket.resetAndDestroy()],
  ['cut', () => proxy.plane.drain(0)],
])('a session that comes to nothing says by whom: %s', async (end, leave) => {
  const full = await fullQueue();
  start(full.port);
  const client = await rawClient(proxy.port);
  await vi.waitFor(() => expect(proxy.server(full.port).inFlight).toBe(1));
  leave(client);
  expect(await line()).toContain(`|${end}|-|0|0|1|127.0.0.1:${full.port}|`);
  await full.close();
});
