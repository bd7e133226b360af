/** What a context is made of, and what it refuses to be made of. */
import { afterEach, expect, it } from 'vitest';
import { ALICE, AUTHORITY, EDGE, EDGE_RSA, OTHER, PROTECTED_KEY } from './certificates.fixture.ts';
import { takeErrors } from './openssl-errors.ts';
import { type ServerTlsOptions, TlsContext } from './tls-context.ts';
import { CLIENT_OPTIONS, SERVER_OPTIONS } from './tls-engine.fixture.ts';

afterEach(() => {
  // Whatever failed has taken its errors off OpenSSL's queue.
  expect(takeErrors()).toEqual([]);
});

function why(options: Partial<ServerTlsOptions>): string {
  try {
    TlsContext.server({ ...SERVER_OPTIONS, ...options }).dispose();
  } catch (error) {
    return (error as Error).message;
  }
  return 'taken';
}

it.each<[string, Partial<ServerTlsOptions>]>([
  ['taken', { certificates: [EDGE, EDGE_RSA] }],
  ['taken', { clientCertificates: { mode: 'optional', authorities: AUTHORITY, depth: 0 } }],
  ['no certificate', { certificates: [] }],
  ['no certificate in PEM form', { certificates: [{ ...EDGE, chain: Buffer.from('') }] }],
  ['no certificate in PEM form', { certificates: [{ ...EDGE, chain: EDGE.key }] }],
  [
    'the private key does not belong to the certificate (key values mismatch)',
    { certificates: [{ ...EDGE, key: OTHER.key }] },
  ],
  [
    'the private key does not belong to the certificate (different key types)',
    { certificates: [{ ...EDGE, key: EDGE_RSA.key }] },
  ],
  [
    'the private key is protected by a passphrase; store it without one',
    { certificates: [{ ...EDGE, key: PROTECTED_KEY }] },
  ],
  [
    'no private key in PEM form (unsupported)',
    { certificates: [{ ...EDGE, key: Buffer.from('x') }] },
  ],
  ['ciphers: no cipher match', { ciphers: 'NO-SUCH-CIPHER' }],
  [
    'no certificate in PEM form',
    { clientCertificates: { mode: 'required', authorities: Buffer.from('?'), depth: 1 } },
  ],
])('says: %s', (expected, options) => {
  expect(why(options)).toBe(expected);
});

it('says which certificate of a chain is broken', () => {
  const text = EDGE.chain.toString();
  const second = text.indexOf('-----BEGIN', 1);
  const broken = `${text.slice(0, second + 60)}!!!${text.slice(second + 60)}`;
  const chain = Buffer.from(broken);
  expect(why({ certificates: [{ ...EDGE, chain }] })).toMatch(/^certificate 2 is broken \(.+\)$/);
});

it('is no more to be had once it is disposed of', () => {
  const context = TlsContext.client({ ...CLIENT_OPTIONS, certificate: ALICE });
  context.acquire();
  context.dispose();
  context.release();
  expect(() => context.acquire()).toThrow('disposed');
  context.dispose();
});
