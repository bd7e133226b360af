import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { UpstreamTlsConfig } from '../../src/config/tls-config.ts';
import { Authority, opensslMissing } from '../certificates/certificates.fixture.ts';
import { materialOf, UPSTREAM_TLS } from '../certificates/tls-config.fixture.ts';
import {
  proxyConfig,
  SILENT_LOG,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { testEngine } from '../io/test-engine.fixture.ts';
import type { Logger } from '../ports.ts';
import { rawClient } from '../raw-peers.fixture.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: front\r\n\r\n';

describe.skipIf(opensslMissing())('servers that speak TLS (openssl)', () => {
  const authority = new Authority();
  const stranger = new Authority();
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => {
    authority.remove();
    stranger.remove();
  });
  const good = authority.make('origin', { names: ['origin.test', '127.0.0.1'] });
  const expired = authority.make('expired', { names: ['127.0.0.1'], until: -60 });
  const misnamed = authority.make('misnamed', { names: ['other.test'] });
  const unknown = stranger.make('unknown', { names: ['127.0.0.1'] });
  const own = authority.make('tandem', { usage: 'client' });

  function listening(server: Server): Promise<number> {
    closing.push(() => server.close());
    server.listen(0, '127.0.0.1');
    return once(server, 'listening').then(() => (server.address() as AddressInfo).port);
  }

  /** A server that answers each read with what it knows of its client's TLS. */
  function origin(files: { certificate: string; key: string }, options: TlsOptions = {}) {
    const cert = readFileSync(files.certificate);
    const key = readFileSync(files.key);
    const server = createServer({ cert, key, ...options }, (socket: TLSSocket) => {
      socket.on('error', () => {});
      socket.on('data', () => {
        const { servername } = socket;
        const peer = socket.getPeerCertificate().subject?.CN ?? null;
        const said = JSON.stringify({ servername, reused: socket.isSessionReused(), peer });
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${said.length}\r\n\r\n${said}`);
      });
    });
    server.on('tlsClientError', () => {});
    return listening(server);
  }

  function front(
    port: number,
    tls: Partial<UpstreamTlsConfig>,
    upstream: Partial<UpstreamConfig> = {},
    listener: Parameters<typeof proxyConfig>[1] = {},
  ) {
    const notes: string[] = [];
    const log: Logger = { ...SILENT_LOG, warn: (_, text) => notes.push(text), child: () => log };
    const whole = { ...UPSTREAM_TLS, ca: authority.path('root.pem'), ...tls };
    const config = proxyConfig(upstreamConfig([port], { tls: whole, ...upstream }), listener);
    const plane: TestPlane = startPlane(config, testEngine(), log);
    closing.push(() => plane.close());
    return { ...plane, config, notes };
  }

  async function ask(port: number, text = REQUEST): Promise<string> {
    const peer = await rawClient(port);
    peer.send(text);
    const answer = await peer.until((received) => /\r\n\r\n.+[}\n]$/s.test(received));
    peer.socket.destroy();
    return answer;
  }

  const told = (answer: string) => JSON.parse(answer.slice(answer.indexOf('{')));

  it('are asked by their name, and expected to have it', async () => {
    const port = await origin(good);
    const { port: at, server } = front(port, { serverName: 'origin.test' });
    expect(told(await ask(at))).toEqual({ servername: 'origin.test', reused: false, peer: null });
    expect(server(port)).toMatchObject({ connections: 1, tlsFailures: 0, responses2xx: 1 });
  });

  it('are expected to have their address where they have no name, and are not asked for it', async () => {
    const port = await origin(good);
    expect(told(await ask(front(port, {}).port))).toMatchObject({ servername: false });
  });

  it.each([
    ['expired', expired, {}, 'certificate has expired'],
    ['made out to another name', misnamed, { serverName: 'origin.test' }, 'hostname mismatch'],
    ['made out to another address', misnamed, {}, 'IP address mismatch'],
    ['of an unknown authority', unknown, {}, 'unable to get local issuer certificate'],
  ])('whose certificate is %s are not used', async (_, files, tls, reason) => {
    const port = await origin(files);
    const { port: at, server, notes } = front(port, tls);
    const answer = await ask(at);
    expect(answer).toMatch(/^HTTP\/1\.1 502 /);
    expect(answer).toContain("502 Bad Gateway: the server's certificate is not to be trusted\n");
    expect(server(port)).toMatchObject({ tlsFailures: 1, connectFailures: 0, inFlight: 0 });
    expect(notes.join()).toContain(`the server's certificate is not to be trusted (${reason})`);
  });

  it('are used whatever their certificate where it is not verified', async () => {
    const port = await origin(unknown);
    const { port: at } = front(port, { verify: false, ca: null });
    expect(await ask(at)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('that speak no TLS after all are not used', async () => {
    const plain = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    const { port: at, notes } = front(await listening(plain), {});
    expect(await ask(at)).toContain('502 Bad Gateway: the TLS handshake with the server failed\n');
    expect(notes.join()).toContain('(no TLS spoken)');
  });

  it('that want a certificate get ours', async () => {
    const ca = readFileSync(authority.path('root.pem'));
    const port = await origin(good, { requestCert: true, rejectUnauthorized: true, ca });
    const certificate = { ...own, names: [], ocsp: null };
    expect(told(await ask(front(port, { certificate }).port))).toMatchObject({ peer: 'tandem' });
    const bare = await ask(front(port, { minVersion: '1.2' }).port);
    expect(bare).toMatch(/^HTTP\/1\.1 502 /);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'are asked to go on with the last session, unless that is not wanted, %s',
    async (maxVersion) => {
      const port = await origin(good, { maxVersion });
      const seen = async (sessions: boolean) => {
        const { port: at } = front(port, { sessions }, { keepAliveMax: 0 });
        const answers = [await ask(at), await ask(at), await ask(at)];
        return answers.map((answer) => told(answer).reused);
      };
      expect(await seen(true)).toEqual([false, true, true]);
      expect(await seen(false)).toEqual([false, false, false]);
    },
  );

  it('that may not be trusted any more are asked for their certificate again', async () => {
    const port = await origin(good);
    const { port: at, plane, config } = front(port, {}, { keepAliveMax: 0 });
    expect(await ask(at)).toMatch(/^HTTP\/1\.1 200 /);
    const tls = { ...UPSTREAM_TLS, ca: stranger.path('root.pem') };
    plane.useCertificates(materialOf({ ...config, upstreams: [{ ...config.upstreams[0]!, tls }] }));
    expect(await ask(at)).toMatch(/^HTTP\/1\.1 502 /);
  });

  it('are not reached while a file is missing', async () => {
    const port = await origin(good);
    const { port: at, notes } = front(port, { ca: '/nowhere/ca.pem' });
    expect(await ask(at)).toMatch(/^HTTP\/1\.1 502 /);
    expect(notes.join()).toContain('(tls_not_set_up)');
  });

  it('are told of the client before the handshake', async () => {
    const port = await origin(good);
    let first = '';
    const before = createTcpServer((socket) => {
      socket.once('data', (bytes: Buffer) => {
        const line = bytes.indexOf('\r\n') + 2;
        first = bytes.toString('latin1', 0, line);
        const inner = rawClient(port).then(({ socket: peer }) => {
          peer.write(bytes.subarray(line));
          socket.pipe(peer);
          peer.pipe(socket);
        });
        inner.catch(() => socket.destroy());
      });
      socket.on('error', () => {});
    });
    const { port: at } = front(await listening(before), {}, { sendProxy: 'v1' });
    expect(await ask(at)).toMatch(/^HTTP\/1\.1 200 /);
    expect(first).toMatch(/^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 /);
  });

  it('serve sessions of tcp listeners, too', async () => {
    const port = await origin(good);
    const listener = { protocol: 'tcp' } as const;
    expect(told(await ask(front(port, {}, {}, listener).port, 'anything'))).toMatchObject({
      reused: false,
    });
    const bad = await origin(expired);
    const { port: at, server, notes } = front(bad, {}, {}, listener);
    const peer = await rawClient(at);
    expect(await peer.closed()).toBe('ECONNRESET');
    expect(server(bad).tlsFailures).toBe(1);
    expect(notes.join()).toContain('(certificate has expired)');
  });
});
