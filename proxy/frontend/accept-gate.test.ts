import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  proxyConfig,
  SILENT_LOG,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { testEngine } from '../io/test-engine.fixture.ts';
import { encodeVersion1 } from '../proxy-protocol/version-1.ts';
import { RawOrigin, RawPeer, rawClient } from '../raw-peers.fixture.ts';

const LOOPBACK = { address: '127.0.0.0', prefixLength: 8 };
const acceptProxy = { from: [LOOPBACK], timeoutMs: 5000, others: 'refuse' } as const;
const connectionsPerSource = { max: 1, ipv4Prefix: 32, ipv6Prefix: 64, keysMax: 10 };
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

/** Sends and resets while nobody in this process can accept. */
const HIT_AND_RUN = `
  const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1');
  socket.once('connect', () => socket.write(process.argv[2], () => socket.resetAndDestroy()));
`;

let origin: RawOrigin;
let proxy: TestPlane;

beforeEach(async () => {
  origin = await RawOrigin.listen();
});

afterEach(async () => {
  await proxy.close();
  origin.close();
});

function lineOf(source: string): string {
  const addresses = { source, sourcePort: 5000, destination: '198.51.100.1', destinationPort: 80 };
  return encodeVersion1(addresses).toString('latin1');
}

/** Everything that was accepted has been closed, once. */
async function allClosed(): Promise<void> {
  await vi.waitFor(() => {
    const { accepted, closed, open } = proxy.listener();
    expect({ closed, open }).toEqual({ closed: accepted, open: 0 });
  });
}

describe.each(['tcp', 'http'] as const)('a %s connection', (protocol) => {
  it('that is one too many of its source is not served what came with its header', async () => {
    const upstream = upstreamConfig([origin.port]);
    const engine = testEngine();
    const config = proxyConfig(upstream, { protocol, acceptProxy, connectionsPerSource });
    proxy = startPlane(config, engine);
    const first = await rawClient(proxy.port);
    first.send(lineOf('198.51.100.7') + REQUEST);
    await (await origin.connection()).has('\r\n\r\n');
    const { filed } = engine.deadlines;
    const second = await rawClient(proxy.port);
    // Within the bytes of the client a second header would name a source that has none yet.
    second.send(lineOf('198.51.100.7') + lineOf('198.51.100.8') + REQUEST);
    expect(await second.closed()).toBe('ECONNRESET');
    const third = await rawClient(proxy.port);
    third.send(lineOf('198.51.100.7') + REQUEST);
    expect(await third.closed()).toBe('ECONNRESET');
    expect(proxy.listener()).toMatchObject({ accepted: 3, closed: 2, refused: 2 });
    expect(proxy.server(origin.port)).toMatchObject({ requests: 1, inFlight: 1 });
    // Nothing of the refused ones is kept to wait for what they may still do.
    expect(engine.deadlines.filed).toBe(filed);
    first.socket.resetAndDestroy();
    await allClosed();
  });

  it('whose client nobody can name any more is not served', async () => {
    const upstream = upstreamConfig([origin.port], { sendProxy: 'v2' });
    proxy = startPlane(proxyConfig(upstream, { protocol }));
    execFileSync(process.execPath, ['-e', HIT_AND_RUN, `${proxy.port}`, REQUEST]);
    await vi.waitFor(() => expect(proxy.listener().accepted).toBe(1));
    await allClosed();
    expect(proxy.server(origin.port)).toMatchObject({ requests: 0, connections: 0 });
    const next = new RawPeer((await rawClient(proxy.port)).socket);
    next.send(REQUEST);
    expect(await (await origin.connection()).has('GET')).toContain('GET / HTTP/1.1');
  });
});

it('counts the connections of a source before they have said what they want', async () => {
  const tcp = { routes: [{ names: ['a.example'], protocols: [], upstream: 'web' }] };
  const upstream = upstreamConfig([origin.port]);
  proxy = startPlane(proxyConfig(upstream, { protocol: 'tcp', connectionsPerSource, tcp }));
  const silent = await rawClient(proxy.port);
  await vi.waitFor(() => expect(proxy.listener().open).toBe(1));
  // The reset may come before the client knows that it is connected.
  const refused = await rawClient(proxy.port).catch((error) => error);
  expect(refused.code ?? (await refused.closed())).toBe('ECONNRESET');
  expect(proxy.listener()).toMatchObject({ open: 1, refused: 1 });
  silent.socket.end();
  await allClosed();
  const next = await rawClient(proxy.port);
  next.send(REQUEST);
  expect(await (await origin.connection()).has('\r\n\r\n')).toBe(REQUEST);
  next.socket.resetAndDestroy();
  await allClosed();
});

it('says once in a while that connections are refused, however often there is room again', async () => {
  const said: string[] = [];
  const log = { ...SILENT_LOG, warn: (_: object, text?: string) => void said.push(text ?? '') };
  const upstream = upstreamConfig([origin.port]);
  const config = proxyConfig(upstream, { protocol: 'tcp', connectionsMax: 1 });
  proxy = startPlane(config, testEngine(), log);
  for (let round = 1; round <= 3; round++) {
    const taking = await rawClient(proxy.port);
    await vi.waitFor(() => expect(proxy.listener().open).toBe(1));
    const refused = await rawClient(proxy.port).catch((error) => error);
    expect(refused.code ?? (await refused.closed())).toBe('ECONNRESET');
    expect(proxy.listener().refused).toBe(round);
    taking.socket.resetAndDestroy();
    await allClosed();
  }
  expect(said).toEqual([
    'front: all 1 connections (limits.connections) are taken: new ones are reset',
  ]);
});
