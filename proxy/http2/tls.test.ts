/** HTTP/2 as nearly everybody meets it: agreed on in the handshake, with clients and with servers. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect, createServer } from 'node:tls';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Authority, opensslMissing } from '../certificates/certificates.fixture.ts';
import { TLS, UPSTREAM_TLS } from '../certificates/tls-config.fixture.ts';
import {
  HTTP2,
  proxyConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';

describe.skipIf(opensslMissing())('HTTP/2 over TLS (openssl)', () => {
  const authority = new Authority();
  const files = authority.make('front', { names: ['front.test', '127.0.0.1'] });
  const ca = readFileSync(authority.path('root.pem'));
  const ending: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ending.splice(0).reverse()) await end();
  });
  afterAll(() => authority.remove());

  const own = () => ({ cert: readFileSync(files.certificate), key: readFileSync(files.key) });

  async function portOf(server: Server): Promise<number> {
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ending.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  /** Says what it was asked. */
  function origin(): Promise<number> {
    const server = http2.createSecureServer(own());
    server.on('session', (session) => ending.push(() => session.destroy()));
    server.on('stream', (stream: http2.ServerHttp2Stream, headers) => {
      stream.respond({ ':status': 200 });
      stream.end(`${headers[':scheme']} ${headers['x-forwarded-proto']} ${headers.via}`);
    });
    return portOf(server);
  }

  function front(port: number): TestPlane {
    const { certificate, key } = files;
    const certificates = [{ certificate, key, names: [], ocsp: null }];
    const upstreamTls = { ...UPSTREAM_TLS, ca: authority.path('root.pem'), protocols: ['h2'] };
    const upstream = upstreamConfig([port], { protocol: 'http2', tls: upstreamTls });
    const tls = { ...TLS, certificates, protocols: ['h2', 'http/1.1'] };
    const plane = startPlane(proxyConfig(upstream, { tls, http2: { ...HTTP2, cleartext: false } }));
    ending.push(() => plane.close());
    return plane;
  }

  test('is spoken with who chooses it, on both sides', async () => {
    const plane = front(await origin());
    const session = http2.connect(`https://127.0.0.1:${plane.port}`, { ca });
    ending.push(() => session.destroy());
    expect(await text(session.request({ ':path': '/' }).end())).toBe('https https 2.0 tandem');
    const old = connect({ port: plane.port, host: '127.0.0.1', ca, ALPNProtocols: ['http/1.1'] });
    ending.push(() => old.destroy());
    old.write('GET / HTTP/1.1\r\nHost: front.test\r\nConnection: close\r\n\r\n');
    expect(await text(old)).toContain('https https 1.1 tandem');
  });

  test('a server that agrees to no HTTP/2 is a bad one', async () => {
    const plane = front(
      await portOf(createServer(own(), (socket) => socket.on('error', () => {}))),
    );
    const session = http2.connect(`https://127.0.0.1:${plane.port}`, { ca });
    ending.push(() => session.destroy());
    const stream = session.request({ ':path': '/' });
    stream.end();
    const [headers] = await once(stream, 'response');
    stream.resume();
    expect(headers[':status']).toBe(502);
  });

  test.skipIf(spawnSync('curl', ['--version']).error !== undefined)('curl chooses it', async () => {
    const plane = front(await origin());
    const url = `https://127.0.0.1:${plane.port}/`;
    const curl = spawn('curl', ['-si', '--http2', '--cacert', authority.path('root.pem'), url]);
    expect(await text(curl.stdout)).toMatch(/^HTTP\/2 200 /);
  });
});
