/** How handshakes of ours with ours end, in order and otherwise. */
import { afterEach, expect, it } from 'vitest';
import { Alert, alertRecord } from '../tls-hello/alert.ts';
import { helloOf } from '../tls-hello/client-hello.fixture.ts';
import { ALICE, AUTHORITY, EDGE, EDGE_RSA, OTHER, STRANGER } from './certificates.fixture.ts';
import { HANDSHAKE_BYTES_MAX } from './limits.ts';
import { takeErrors } from './openssl-errors.ts';
import { liveSessions } from './openssl-session.ts';
import type { ClientTlsOptions, ServerTlsOptions, TlsContext } from './tls-context.ts';
import { contexts, HANDSHAKE_TIMEOUT_MS } from './tls-engine.fixture.ts';
import { type PairOptions, TlsPair } from './tls-pair.fixture.ts';

const pairs: TlsPair[] = [];
const made: TlsContext[] = [];

afterEach(() => {
  for (const pair of pairs.splice(0)) pair.drop();
  for (const context of made.splice(0)) context.dispose();
  expect(liveSessions()).toBe(0);
  expect(takeErrors()).toEqual([]);
});

interface Sides extends Partial<Omit<PairOptions, 'client'>> {
  readonly server?: Partial<ServerTlsOptions>;
  readonly client?: Partial<ClientTlsOptions>;
}

/** A pair before its first byte. */
function pairOf({ server: serverOptions, client: clientOptions, ...options }: Sides): TlsPair {
  const { server, client } = contexts(serverOptions, clientOptions);
  made.push(server, client);
  const pair = new TlsPair({ choose: () => server, ...options, client });
  pairs.push(pair);
  return pair;
}

/** A pair that has said all it has to say. */
function handshake(sides: Sides = {}): TlsPair {
  return pairOf(sides).exchange();
}

it('agrees on the newest version, and says what it has agreed on', () => {
  const { client, server, told } = handshake();
  expect(told).toBe('secured');
  const agreed = { protocol: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', serverName: 'edge.test' };
  const nothing = { alpn: null, resumed: false };
  expect(server.tls).toMatchObject({ ...agreed, ...nothing, peerCertificate: null });
  expect(client.tls).toMatchObject({ ...agreed, ...nothing });
  expect(client.tls?.peerCertificate?.subject).toBe('CN=edge.test');
});

it('chooses the application protocol that it prefers among those the client offers', () => {
  const server = { alpn: ['h2', 'http/1.1'] };
  const alpn = (...offer: string[]) =>
    handshake({ server, client: { alpn: offer } }).server.tls?.alpn;
  expect(alpn('http/1.1', 'h2')).toBe('h2');
  expect(alpn('http/1.0', 'http/1.1')).toBe('http/1.1');
  expect(alpn()).toBeNull();
  const pair = handshake({ server, client: { alpn: ['spdy/3', 'h'] } });
  expect(pair.told).toMatchObject({ code: 'tls_no_common_protocol' });
  expect(pair.clientEnd.errorCode).toBe('tls_no_common_protocol');
});

it('is over when the peer says goodbye in the middle of it', () => {
  const pair = pairOf({}).exchange(undefined, () => []);
  pair.serverWire.arrive(Buffer.from('15030300020100', 'hex'));
  pair.engine.settle();
  expect(pair.told).toEqual({ code: 'tls_left', detail: 'close_notify' });
});

it('shows the certificate of the name that the client asks for', () => {
  const edge = contexts().server;
  const other = contexts({ certificates: [OTHER] }).server;
  made.push(edge, other);
  const choose: PairOptions['choose'] = ({ serverName }) =>
    serverName === 'other.test' ? other : serverName === 'edge.test' ? edge : null;
  expect(handshake({ choose, serverName: 'other.test' }).clientEnd.events).toEqual(['connect']);
  expect(handshake({ choose, serverName: 'edge.test' }).clientEnd.events).toEqual(['connect']);
  const unknown = handshake({ choose, serverName: 'nobody.test' });
  expect(unknown.told).toEqual({ code: 'tls_unknown_name', detail: 'nobody.test' });
  expect(unknown.clientEnd.errorCode).toBe('tls_alert');
});

it('has an RSA certificate for clients that know no other, beside an ECDSA one', () => {
  const server = { certificates: [EDGE, EDGE_RSA] };
  const cipher = (ciphers: string) => {
    const limited = { maxVersion: '1.2', ciphers } as const;
    return handshake({ server, client: limited }).server.tls?.cipher;
  };
  expect(cipher('ECDHE-RSA-AES128-GCM-SHA256')).toBe('ECDHE-RSA-AES128-GCM-SHA256');
  expect(cipher('ECDHE-ECDSA-AES128-GCM-SHA256')).toBe('ECDHE-ECDSA-AES128-GCM-SHA256');
});

it('names what both sides do not have in common', () => {
  const old = { maxVersion: '1.2' } as const;
  const strict = handshake({ server: { minVersion: '1.3' }, client: old });
  expect(strict.told).toMatchObject({ code: 'tls_no_common_ground' });
  const cipher = handshake({
    server: { ciphersuites: 'TLS_AES_128_GCM_SHA256', minVersion: '1.3' },
    client: { ciphersuites: 'TLS_AES_256_GCM_SHA384', minVersion: '1.3' },
  });
  expect(cipher.told).toEqual({ code: 'tls_no_common_ground', detail: 'no shared cipher' });
});

it('refuses a server that nobody vouches for, or that is another', () => {
  const codes = (sides: Sides) => {
    const pair = handshake(sides);
    return [pair.clientEnd.errorCode, (pair.told as { code: string }).code];
  };
  const refused = ['tls_certificate_refused', 'tls_alert'];
  expect(codes({ server: { certificates: [STRANGER] } })).toEqual(refused);
  expect(codes({ serverName: 'other.test' })).toEqual(refused);
  expect(codes({ expectedName: '127.0.0.2' })).toEqual(refused);
  const taken = (sides: Sides) => expect(handshake(sides).clientEnd.events).toEqual(['connect']);
  taken({ serverName: null, expectedName: '127.0.0.1' });
  taken({ serverName: 'a.edge.test' });
  taken({ serverName: 'other.test', client: { authorities: null } });
});

it('asks for certificates of clients, and says whose they are', () => {
  const clientCertificates = { mode: 'required', authorities: AUTHORITY, depth: 1 } as const;
  const { server, told } = handshake({
    server: { clientCertificates },
    client: { certificate: ALICE },
  });
  expect(told).toBe('secured');
  const certificate = server.tls!.peerCertificate!;
  expect(certificate.subject).toBe('CN=alice\\, the first,O=Tests');
  expect(certificate.issuer).toBe('CN=Test CA');
  expect(certificate.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(certificate.serial).toMatch(/^[0-9A-F]{20,40}$/);
  expect(certificate.alternativeNames).toBe('email:alice@edge.test, DNS:alice.test');
  expect(certificate.pem).toBe(ALICE.chain.toString());
});

it('lets in whom it is told to', () => {
  const told = (mode: 'optional' | 'required', certificate: ClientTlsOptions['certificate']) => {
    const clientCertificates = { mode, authorities: AUTHORITY, depth: 1 };
    const pair = handshake({ server: { clientCertificates }, client: { certificate } });
    return pair.told === 'secured' ? 'secured' : pair.told?.code;
  };
  expect(told('required', ALICE)).toBe('secured');
  expect(told('optional', ALICE)).toBe('secured');
  expect(told('optional', null)).toBe('secured');
  expect(told('required', null)).toBe('tls_certificate_missing');
  expect(told('required', STRANGER)).toBe('tls_certificate_refused');
  expect(told('optional', STRANGER)).toBe('tls_certificate_refused');
});

it('tells a client without TLS, one that stays silent and one that leaves apart', () => {
  const plain = pairOf({});
  plain.serverWire.arrive(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  plain.engine.settle();
  expect(plain.told).toMatchObject({ code: 'tls_expected' });
  const silent = pairOf({});
  silent.engine.pass(HANDSHAKE_TIMEOUT_MS + 200);
  expect(silent.told).toMatchObject({ code: 'tls_timeout' });
  expect(silent.clientEnd.errorCode).toBe('tls_timeout');
  const leaving = pairOf({});
  leaving.serverWire.arrive('end');
  leaving.engine.settle();
  expect(leaving.told).toMatchObject({ code: 'tls_left' });
  const reset = pairOf({});
  reset.serverWire.arrive('reset');
  reset.engine.settle();
  expect(reset.told).toEqual({ code: 'tls_left', detail: 'ECONNRESET' });
});

it('answers a broken hello with an alert', () => {
  const pair = pairOf({});
  pair.serverWire.arrive(helloOf({ serverName: '..' }));
  pair.engine.settle();
  expect(pair.told).toMatchObject({ code: 'tls_malformed' });
  expect(pair.serverWire.sent).toBe(alertRecord(Alert.decodeError).toString('latin1'));
});

it('bounds what a client sends before its handshake is through', () => {
  const pair = pairOf({});
  pair.exchange(undefined, () => []);
  // A record that TLS 1.3 overlooks (RFC 8446 5), again and again.
  const overlooked = Buffer.from('140303000101', 'hex');
  const some = Buffer.concat(Array.from({ length: 1000 }, () => overlooked));
  for (let sent = 0; sent <= HANDSHAKE_BYTES_MAX && pair.told === null; sent += some.length) {
    pair.serverWire.arrive(some);
    pair.engine.settle();
  }
  expect(pair.told).toMatchObject({ code: expect.stringMatching(/^tls_(malformed|too_long)$/) });
});

it('is not moved to another certificate while a handshake is under way', () => {
  const { server, client } = contexts();
  made.push(client);
  const pair = new TlsPair({ client, choose: () => server });
  pairs.push(pair);
  let carried = 0;
  pair.exchange((bytes) => {
    // The reload comes between the two flights of the client.
    if (carried++ > 0) server.dispose();
    return [bytes];
  });
  expect(pair.told).toBe('secured');
  pair.drop();
  expect(() => server.acquire()).toThrow('disposed');
});
