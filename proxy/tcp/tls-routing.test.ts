import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TcpListenerConfig } from '../../src/config/proxy-config.ts';
import {
  proxyConfig,
  startPlane,
  TCP_LIMITS,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { RawOrigin, rawClient } from '../raw-peers.fixture.ts';
import { helloOf } from '../tls-hello/client-hello.fixture.ts';

/** What each origin speaks for: its place is in every answer. */
let origins: RawOrigin[];
let proxy: TestPlane;

beforeEach(async () => {
  origins = [await RawOrigin.listen(), await RawOrigin.listen(), await RawOrigin.listen()];
});

afterEach(async () => {
  await proxy.close();
  for (const origin of origins) origin.close();
});

/** Routes to upstreams `web` (the first origin), `mail` and `rest`. */
function start(changes: Partial<TcpListenerConfig> = {}): void {
  const [web, mail, rest] = origins.map(({ port }, index) =>
    upstreamConfig([port], { name: ['web', 'mail', 'rest'][index]! }),
  );
  const tcp = {
    upstream: 'rest',
    routes: [
      { names: ['web.example', '*.web.example'], protocols: [], upstream: 'web' },
      { names: ['web.example'], protocols: ['mail/1'], upstream: 'mail' },
    ],
    limits: TCP_LIMITS,
    ...changes,
  };
  const config = proxyConfig(web!, { protocol: 'tcp', tcp });
  proxy = startPlane({ ...config, upstreams: [web!, mail!, rest!] });
}

async function settled(refused: number): Promise<void> {
  await vi.waitFor(() => expect(proxy.listener().open).toBe(0));
  const { accepted, closed, tlsRefused } = proxy.listener();
  expect({ closed, tlsRefused }).toEqual({ closed: accepted, tlsRefused: refused });
}

describe('routes by what a TLS client asks for', () => {
  it.each([
    ['an exact name', { serverName: 'web.example' }, 0],
    ['a pattern', { serverName: 'eu.web.example' }, 0],
    ['a protocol', { serverName: 'web.example', protocols: ['mail/1'] }, 1],
    ['another name', { serverName: 'other.example' }, 2],
    ['no name', {}, 2],
    ['a hello of 3 KiB', { serverName: 'web.example', paddingBytes: 3000 }, 0],
    ['a hello in tiny records', { serverName: 'web.example', recordBytes: 7 }, 0],
  ] as const)('%s', async (_, parts, place) => {
    start();
    const client = await rawClient(proxy.port);
    const hello = helloOf(parts);
    const half = Math.min(1400, hello.length >> 1);
    client.socket.write(hello.subarray(0, half));
    await new Promise((resolve) => setImmediate(resolve));
    client.socket.write(hello.subarray(half));
    client.send('and on');
    const server = await origins[place]!.connection();
    expect(await server.has('and on')).toBe(`${hello.toString('latin1')}and on`);
    server.send('answer');
    await client.has('answer');
  });

  it('what is no TLS goes to the upstream of the listener, and so does who says nothing', async () => {
    start({ limits: { ...TCP_LIMITS, helloTimeoutMs: 60 } });
    const client = await rawClient(proxy.port);
    client.send('SSH-2.0-client\r\n');
    expect(await (await origins[2]!.connection()).has('\n')).toBe('SSH-2.0-client\r\n');
    const silent = await rawClient(proxy.port);
    const server = await origins[2]!.connection();
    server.send('220 ready');
    await silent.has('ready');
  });

  it('without an upstream, a TLS client is told why', async () => {
    start({
      upstream: null,
      routes: [{ names: ['a.example'], protocols: ['h2'], upstream: 'web' }],
    });
    const refusal = async (options: tls.ConnectionOptions): Promise<string> => {
      const client = tls.connect({ host: '127.0.0.1', port: proxy.port, ...options });
      const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
      return error.code ?? '';
    };
    expect(await refusal({ servername: 'b.example' })).toMatch(/UNRECOGNIZED_NAME/);
    expect(await refusal({ servername: 'a.example', ALPNProtocols: ['h3'] })).toMatch(
      /NO_APPLICATION_PROTOCOL/,
    );
    await settled(2);
  });

  it('refuses what is broken, late or no TLS', async () => {
    start({ upstream: null, limits: { ...TCP_LIMITS, helloTimeoutMs: 60 } });
    const broken = await rawClient(proxy.port);
    broken.send('\x16\x03\x01\x00\x05\x02\x00\x00\x01\xff');
    expect(await broken.end()).toBe('\x15\x03\x01\x00\x02\x02\x32');
    const plain = await rawClient(proxy.port);
    plain.send('GET / HTTP/1.1\r\n');
    expect(await plain.closed()).toBe('ECONNRESET');
    const late = await rawClient(proxy.port);
    late.send('\x16\x03\x01');
    expect(await late.closed()).toBe('ECONNRESET');
    for (const peer of [broken, plain, late]) peer.socket.destroy();
    await settled(3);
  });

  it('a client that leaves before it has said what it wants is no refusal', async () => {
    start();
    const client = await rawClient(proxy.port);
    client.send('\x16\x03\x01');
    client.socket.end();
    await client.closed();
    await settled(0);
  });

  it('TLS goes through as it is, end to end', async () => {
    const { key, cert } = await certificate();
    const server = tls.createServer({ key, cert }, (socket: TLSSocket) => {
      socket.end(`you want ${socket.servername}`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const web = upstreamConfig([port]);
    const routes = [{ names: ['web.example'], protocols: [], upstream: 'web' }];
    const tcp = { upstream: null, routes, limits: TCP_LIMITS };
    proxy = startPlane(proxyConfig(web, { protocol: 'tcp', tcp }));
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const client = tls.connect({
        host: '127.0.0.1',
        port: proxy.port,
        servername: 'web.example',
        ca: cert,
        minVersion: version,
        maxVersion: version,
      });
      let text = '';
      client.on('data', (bytes) => {
        text += bytes;
      });
      await once(client, 'end');
      expect(text).toBe('you want web.example');
      expect(client.authorized).toBe(true);
      client.destroy();
    }
    server.close();
  });
});

/** A certificate for web.example, made by openssl, that trusts itself. */
async function certificate(): Promise<{ key: string; cert: string }> {
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  const args =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout - -out - -days 1 ' +
    '-subj /CN=web.example -addext subjectAltName=DNS:web.example';
  const { stdout } = await promisify(execFile)('openssl', args.split(' '));
  const parts = stdout.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [];
  return { key: parts[0]!, cert: parts[1]! };
}
