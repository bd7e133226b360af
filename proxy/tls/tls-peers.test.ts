/** What node:tls, as another's client, sees of a listener: what our own client does not ask for. */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  closeDescriptor,
  duplicateDescriptor,
  openListenSocket,
} from '../../src/os/listen-socket.ts';
import type { Listener } from '../io/engine.ts';
import { Recorder } from '../io/recorder.fixture.ts';
import { testEngine } from '../io/test-engine.fixture.ts';
import { AUTHORITY, EDGE, EDGE_RSA } from './certificates.fixture.ts';
import { liveSessions } from './openssl-session.ts';
import type { ServerTlsOptions, TlsContext } from './tls-context.ts';
import { contexts, TlsEngine } from './tls-engine.fixture.ts';

const OCSP_RESPONSE = Buffer.from('what an OCSP responder has signed');

let engine: TlsEngine;
let listener: Listener;
let socket: { readonly fd: number; readonly port: number };
let served: Recorder[];
let made: TlsContext[];

beforeEach(() => {
  served = [];
  made = [];
  const options = { host: '127.0.0.1', port: 0, backlog: 16, freeBind: false, reusePort: false };
  socket = openListenSocket(options);
});

afterEach(async () => {
  await listener.finish();
  closeDescriptor(socket.fd);
  for (const { connection } of served) connection.reset();
  await vi.waitFor(() => expect(liveSessions()).toBe(0));
  for (const context of made) context.dispose();
});

function listen(options: Partial<ServerTlsOptions> = {}): void {
  const { server, client } = contexts(options);
  made.push(server, client);
  engine = new TlsEngine(testEngine(), server, client);
  listener = engine.listen(duplicateDescriptor(socket.fd), {
    onConnection(connection) {
      const recorder = new Recorder();
      recorder.connection = connection;
      connection.handler = recorder;
      served.push(recorder);
    },
    onError: (code) => expect.unreachable(code),
  });
}

/** A client whose handshake has begun. */
function begin(options: tls.ConnectionOptions): tls.TLSSocket {
  const { port } = socket;
  return tls.connect({
    port,
    host: '127.0.0.1',
    ca: AUTHORITY,
    servername: 'edge.test',
    ...options,
  });
}

/** RFC 8446 4.1.3: the random of a ServerHello that is a HelloRetryRequest. */
const RETRY = Buffer.from('cf21ad74e59a6111be1d8c021e65b891', 'hex');

it('asks a client again that guessed the wrong group', async () => {
  listen({ alpn: ['h2'] });
  const seen: Buffer[] = [];
  const relay = net.createServer((from) => {
    const to = net.connect(socket.port, '127.0.0.1');
    from.pipe(to);
    to.on('data', (bytes: Buffer) => seen.push(bytes));
    to.pipe(from);
    for (const one of [from, to]) one.on('error', () => {});
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const client = begin({
    port: (relay.address() as net.AddressInfo).port,
    ALPNProtocols: ['h2'],
    ecdhCurve: 'brainpoolP256r1tls13:X25519',
  });
  await once(client, 'secureConnect');
  expect(Buffer.concat(seen).includes(RETRY)).toBe(true);
  await vi.waitFor(() => expect(served).toHaveLength(1));
  expect(served[0]?.connection.tls).toMatchObject({ serverName: 'edge.test', alpn: 'h2' });
  client.destroy();
  relay.close();
});

it('staples the response of the certificate it has chosen', async () => {
  listen({ certificates: [{ ...EDGE, staple: OCSP_RESPONSE }, EDGE_RSA] });
  const client = begin({ requestOCSP: true });
  const [response] = await once(client, 'OCSPResponse');
  expect(response).toEqual(OCSP_RESPONSE);
  client.destroy();
  const rsa = begin({
    requestOCSP: true,
    maxVersion: 'TLSv1.2',
    ciphers: 'ECDHE-RSA-AES128-GCM-SHA256',
  });
  const none = once(rsa, 'OCSPResponse');
  await once(rsa, 'secureConnect');
  expect((await none)[0]).toBeNull();
  rsa.destroy();
});

it('refuses to renegotiate', async () => {
  listen();
  const client = begin({ maxVersion: 'TLSv1.2' });
  await once(client, 'secureConnect');
  const outcome = await new Promise<Error | null>((resolve) => {
    client.on('error', resolve);
    client.renegotiate({}, resolve);
  });
  expect(outcome?.message).toMatch(/renegotiation/i);
  client.destroy();
});

it('speaks nothing older than TLS 1.2, and no cipher without forward secrecy', async () => {
  listen({ certificates: [EDGE, EDGE_RSA] });
  const code = async (options: tls.ConnectionOptions) => {
    const client = begin(options);
    const [error] = await once(client, 'error');
    client.destroy();
    return (error as NodeJS.ErrnoException).code;
  };
  const old = {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  } as const;
  expect(await code(old)).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  const weak = { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:AES128-GCM-SHA256' } as const;
  expect(await code(weak)).toMatch(/HANDSHAKE_FAILURE/);
  await vi.waitFor(() => expect(engine.failures).toHaveLength(2));
  expect(engine.failures.map((failure) => failure.code)).toEqual([
    'tls_no_common_ground',
    'tls_no_common_ground',
  ]);
});
