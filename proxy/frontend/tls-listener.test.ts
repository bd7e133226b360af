import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ListenerTlsConfig } from '../../src/config/tls-config.ts';
import { Authority, opensslMissing } from '../certificates/certificates.fixture.ts';
import { curl, sClient } from '../certificates/openssl-client.fixture.ts';
import { materialOf, TLS } from '../certificates/tls-config.fixture.ts';
import {
  HTTP2,
  proxyConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';

const CLOSING = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

describe.skipIf(opensslMissing())('a listener with tls (openssl, curl)', () => {
  const authority = new Authority();
  const root = ['-CAfile', authority.path('root.pem')];
  const planes: TestPlane[] = [];
  let origin: HttpServer;
  let originPort = 0;
  const one = authority.make('one', { names: ['one.test', '*.one.test'] });
  const two = authority.make('two');
  const twoRsa = authority.make('two-rsa', { names: ['two.test'], kind: 'rsa' });
  const client = authority.make('client', { usage: 'client', subject: '/O=Größe/CN=client 1' });

  beforeAll(async () => {
    origin = createServer((request, response) => response.end(JSON.stringify(request.headers)));
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    originPort = (origin.address() as AddressInfo).port;
  });
  afterEach(async () => {
    await Promise.all(planes.splice(0).map((plane) => plane.close()));
  });
  afterAll(() => {
    origin.close();
    authority.remove();
  });

  function serve(
    tls: Partial<ListenerTlsConfig> = {},
    listener: Parameters<typeof proxyConfig>[1] = {},
    ticketSecret: Uint8Array | null = null,
  ): TestPlane & { readonly config: ReturnType<typeof proxyConfig> } {
    const certificates = [one, two, twoRsa].map((files) => ({ ...files, names: [], ocsp: null }));
    const whole = { ...TLS, certificates, ...tls };
    const config = {
      ...proxyConfig(upstreamConfig([originPort]), { tls: whole, ...listener }),
      ticketSecret,
    };
    const plane = startPlane(config);
    planes.push(plane);
    return { ...plane, config };
  }

  it.each([
    ['one.test', 'CN=one'],
    ['x.one.test', 'CN=one'],
    ['two.test', 'CN=two'],
    ['other.test', 'CN=one'],
  ])('shows who asks for %s the certificate of %s', async (name, subject) => {
    const { port } = serve();
    const { text } = await sClient(port, [...root, '-servername', name]);
    expect(text.replaceAll('CN = ', 'CN=')).toContain(`subject=${subject}`);
    expect(text).toContain('Verify return code: 0 (ok)');
  });

  it('shows the certificate that the client can check', async () => {
    const { port } = serve();
    const args = [...root, '-servername', 'two.test', '-sigalgs', 'RSA-PSS+SHA256'];
    expect((await sClient(port, args)).text).toContain('two-rsa');
  });

  it('refuses names that it has no certificate for where it is told to', async () => {
    const { port, listener } = serve({ unknownName: 'refuse' });
    for (const name of [['-servername', 'other.test'], ['-noservername']]) {
      expect((await sClient(port, [...root, ...name])).text).toContain('unrecognized name');
    }
    expect((await sClient(port, [...root, '-servername', 'two.test'])).code).toBe(0);
    await expect.poll(() => listener().tlsFailedUnknownName).toBe(2);
    expect(listener()).toMatchObject({ tlsHandshakes: 1, open: 0 });
  });

  it.each([
    ['-tls1_2', 'TLSv1.2'],
    ['-tls1_3', 'TLSv1.3'],
  ])('speaks %s and agrees on http/1.1', async (version, name) => {
    const { port } = serve();
    const args = [...root, version, '-servername', 'one.test', '-alpn', 'h9,http/1.1'];
    const { text } = await sClient(port, args, CLOSING('one.test'));
    expect(text).toContain(name);
    expect(text).toContain('ALPN protocol: http/1.1');
    expect(text).toContain('HTTP/1.1 200 OK');
    expect(text).toContain('"x-forwarded-proto":"https"');
  });

  it('speaks no version older than it is told', async () => {
    const { port, listener } = serve({ minVersion: '1.3' });
    const { text, code } = await sClient(port, ['-tls1_2']);
    expect(code).not.toBe(0);
    expect(text).toContain('alert protocol version');
    await expect.poll(() => listener().tlsFailedNoCommonGround).toBe(1);
  });

  it('serves curl, which trusts only its authority', async () => {
    const { port } = serve();
    const ca = ['--cacert', authority.path('root.pem')];
    const { text } = await curl('one.test', port, ca);
    expect(JSON.parse(text)).toMatchObject({ 'x-forwarded-proto': 'https' });
    expect((await curl('other.test', port, ca)).code).not.toBe(0);
  });

  it('answers plain HTTP with what is wrong, and other things with nothing', async () => {
    const { port, listener } = serve();
    const said = async (text: string) => {
      const socket = connect(port, '127.0.0.1');
      socket.write(text);
      let answer = '';
      for await (const bytes of socket) answer += bytes;
      return answer;
    };
    const answer = await said('GET / HTTP/1.1\r\nHost: one.test\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nDate: /);
    expect(answer).toMatch(/\n400 Bad Request: The plain HTTP request was sent to HTTPS port\n$/);
    expect(await said('SSH-2.0-OpenSSH_9\r\n')).toBe('');
    await expect.poll(() => listener().tlsFailedNotTls).toBe(2);
    expect(listener().open).toBe(0);
  });

  it('ends handshakes that are late, and counts those that leave', async () => {
    const { port, listener } = serve({ handshakeTimeoutMs: 100 });
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'close');
    await once(connect(port, '127.0.0.1').end().resume(), 'close');
    await expect.poll(() => listener().tlsFailedTimeout).toBe(1);
    await expect.poll(() => listener().tlsFailedLeft).toBe(1);
    expect(listener().open).toBe(0);
  });

  describe('that wants certificates of clients', () => {
    const fields = ['verify', 'subject', 'issuer', 'serial', 'fingerprint', 'certificate'] as const;
    const clients = (mode: 'optional' | 'required') => ({
      mode,
      ca: authority.path('root.pem'),
      depth: 1,
      fields: fields.map((says) => ({ name: `X-SSL-Client-${says}`, says })),
    });
    const rules = { certificateFields: fields.map((says) => `x-ssl-client-${says}`) };
    const shown = ['--cert', client.certificate, '--key', client.key];
    const ca = ['--cacert', authority.path('root.pem')];

    it('lets those with a good one in, and tells the server whose it is', async () => {
      const { port } = serve({ clientCertificates: clients('required') }, { rules });
      const forged = ['-H', 'X-SSL-Client-Subject: CN=root', '-H', 'X-SSL-Client-Verify: SUCCESS'];
      const headers = JSON.parse((await curl('one.test', port, [...ca, ...shown, ...forged])).text);
      expect(headers).toMatchObject({
        'x-ssl-client-verify': 'SUCCESS',
        'x-ssl-client-subject': 'O=Gr\\C3\\B6\\C3\\9Fe,CN=client 1',
        'x-ssl-client-issuer': 'CN=Test issuer',
        'x-ssl-client-serial': expect.stringMatching(/^[0-9A-F]+$/),
        'x-ssl-client-fingerprint': expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      expect(decodeURIComponent(headers['x-ssl-client-certificate'])).toBe(
        authority.read('client.pem').replace(authority.read('issuer.pem'), ''),
      );
    });

    it.each([
      ['required', [], 'tlsFailedCertificateMissing'],
      ['required', ['--cert', two.certificate, '--key', two.key], 'tlsFailedCertificateRefused'],
      ['optional', ['--cert', two.certificate, '--key', two.key], 'tlsFailedCertificateRefused'],
    ] as const)('(%s) lets nobody in who shows %j', async (mode, args, counter) => {
      const { port, listener } = serve({ clientCertificates: clients(mode) }, { rules });
      expect((await curl('one.test', port, [...ca, ...args])).code).not.toBe(0);
      await expect.poll(() => listener()[counter]).toBe(1);
    });

    it('and does not demand them lets in who has none, and says so', async () => {
      const { port } = serve({ clientCertificates: clients('optional') }, { rules });
      const forged = ['-H', 'X-SSL-Client-Subject: CN=root', '-H', 'X-SSL-Client-Verify: SUCCESS'];
      const headers = JSON.parse((await curl('one.test', port, [...ca, ...forged])).text);
      expect(headers['x-ssl-client-verify']).toBe('NONE');
      expect(headers['x-ssl-client-subject']).toBeUndefined();
    });

    it('does all that for HTTP/2 as well', async () => {
      const tls = { clientCertificates: clients('required'), protocols: ['h2', 'http/1.1'] };
      const { port } = serve(tls, { rules, http2: HTTP2 });
      const forged = ['-H', 'X-SSL-Client-Subject: CN=root'];
      const args = [...ca, ...shown, ...forged, '--http2', '-w', ' %{http_version} %{http_code}'];
      const { text } = await curl('one.test', port, args);
      expect(text).toMatch(/ 2 200$/);
      expect(text).toContain('"x-ssl-client-verify":"SUCCESS"');
      expect(text).not.toContain('CN=root');
      const other = await curl('one.test', port, [...args, '-H', 'Host: two.test']);
      expect(other.text).toMatch(/ 2 421$/);
    });

    it('answers 421 when the request is for another host than the connection', async () => {
      const { port } = serve({ clientCertificates: clients('required') }, { rules });
      const args = [...ca, ...shown, '-w', '%{http_code}', '-H'];
      const { text } = await curl('one.test', port, [...args, 'Host: two.test']);
      expect(text).toMatch(/421$/);
      expect((await curl('one.test', port, [...args, 'Host: ONE.test:8443'])).text).toMatch(/200$/);
    });
  });

  it('ends TLS before a TCP session, too', async () => {
    const { port, listener } = serve({ protocols: [] }, { protocol: 'tcp' });
    const { text } = await sClient(port, [...root, '-servername', 'one.test'], CLOSING('one.test'));
    expect(text).toContain('HTTP/1.1 200 OK');
    expect(text).not.toContain('x-forwarded-proto');
    await expect.poll(() => listener()).toMatchObject({ tlsHandshakes: 1, open: 0 });
  });

  it('staples the OCSP response', async () => {
    const ocsp = authority.ocsp('two');
    const { port } = serve({ certificates: [{ ...two, names: [], ocsp }] });
    const { text } = await sClient(port, [...root, '-status', '-servername', 'two.test']);
    expect(text).toContain('OCSP Response Status: successful');
    expect(text).toContain('Cert Status: good');
  });

  it.each(['-tls1_2', '-tls1_3'])(
    'resumes a session of another balancer with the same secret, %s',
    async (version) => {
      const secret = Buffer.alloc(32, 7);
      const [first, second, stranger] = [secret, secret, Buffer.alloc(32, 8)].map((one) =>
        serve({}, {}, one),
      );
      const file = authority.path(`session${version}`);
      const args = [...root, version, '-servername', 'one.test'];
      const input = CLOSING('one.test');
      const { text } = await sClient(first!.port, [...args, '-sess_out', file], input);
      expect(text).toContain('New, TLS');
      const again = [...args, '-sess_in', file];
      expect((await sClient(second!.port, again, input)).text).toContain('Reused, TLS');
      expect((await sClient(stranger!.port, again, input)).text).toContain('New, TLS');
      expect(second!.listener()).toMatchObject({ tlsHandshakes: 1, tlsResumed: 1 });
    },
  );

  it('shows new certificates to new connections, and goes on with the others', async () => {
    const swapped = authority.make('swapped');
    const certificates = [{ ...swapped, names: [], ocsp: null }];
    const { port, plane, config } = serve({ certificates });
    const { connect: connectTls } = await import('node:tls');
    const options = {
      port,
      host: '127.0.0.1',
      servername: 'swapped.test',
      rejectUnauthorized: false,
    };
    const socket = connectTls(options);
    await once(socket, 'secureConnect');
    const before = socket.getPeerCertificate().fingerprint256;
    authority.make('swapped');
    plane.useCertificates(materialOf(config));
    const next = connectTls(options);
    await once(next, 'secureConnect');
    expect(next.getPeerCertificate().fingerprint256).not.toBe(before);
    next.destroy();
    socket.write(CLOSING('swapped.test'));
    let answer = '';
    for await (const bytes of socket) answer += bytes;
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('holds as many connections of a source as it is allowed, handshakes included', async () => {
    const connectionsPerSource = { max: 1, ipv4Prefix: 32, ipv6Prefix: 64, keysMax: 10 };
    const { port, listener } = serve({}, { connectionsPerSource });
    const waiting = connect(port, '127.0.0.1');
    await once(waiting, 'connect');
    await expect.poll(() => listener().open).toBe(1);
    expect((await sClient(port, root)).code).not.toBe(0);
    expect(listener().refused).toBe(1);
    waiting.destroy();
    await expect.poll(() => listener().open).toBe(0);
    expect((await sClient(port, root)).code).toBe(0);
    await expect.poll(() => listener().open).toBe(0);
    expect((await sClient(port, root)).code).toBe(0);
  });
});
