import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkSource } from './check.ts';
import { compileConfig } from './compile.ts';
import { withoutSecrets } from './secrets.ts';
import { sourceFromBytes } from './source.ts';

function compiled(text: string) {
  const { config, problems } = checkSource(sourceFromBytes('file.yaml', Buffer.from(text)));
  expect(problems).toEqual([]);
  return compileConfig(config!, { node: null, digest: '', cores: 1 }).proxy!;
}

const FILES = '{ certificate: /a.pem, key: /a.key }';

function listening(tls: string): string {
  return `
upstreams: { api: { servers: [{ address: 203.0.113.21:80 }] } }
listeners:
  http: { bind: "0.0.0.0:80", protocol: http, routes: [{ upstream: api }] }
  https: { bind: "0.0.0.0:443", protocol: http, tls: ${tls}, routes: [{ upstream: api }] }
`;
}

describe('TLS of a listener', () => {
  it('is nothing without the key', () => {
    expect(compiled(listening(`{ certificates: [${FILES}] }`)).listeners[0]).toMatchObject({
      tls: null,
      rules: { certificateFields: [] },
    });
  });

  it('has modern defaults', () => {
    expect(compiled(listening(`{ certificates: [${FILES}] }`)).listeners[1]).toMatchObject({
      tls: {
        certificates: [{ certificate: '/a.pem', key: '/a.key', names: [], ocsp: null }],
        minVersion: '1.2',
        protocols: expect.arrayContaining(['http/1.1']),
        clientCertificates: null,
        sessionTickets: true,
        handshakeTimeoutMs: 10_000,
        unknownName: 'default',
      },
    });
  });

  it('tells servers of client certificates, and lets no client of any listener say the same', () => {
    const clients = '{ ca: /ca.pem, headers: { prefix: X-TLS, send: [verify, certificate] } }';
    const { listeners } = compiled(
      listening(`{ certificates: [${FILES}], client_certificates: ${clients} }`),
    );
    expect(listeners[1]).toMatchObject({
      tls: {
        clientCertificates: {
          mode: 'required',
          ca: '/ca.pem',
          depth: 1,
          fields: [
            { name: 'X-TLS-Verify', says: 'verify' },
            { name: 'X-TLS-Cert', says: 'certificate' },
          ],
        },
      },
    });
    const all = ['verify', 's-dn', 'i-dn', 'serial', 'fingerprint', 'cert'];
    for (const listener of listeners) {
      const { rules } = listener as { rules?: object };
      expect(rules).toMatchObject({ certificateFields: all.map((end) => `x-tls-${end}`) });
    }
  });
});

describe('TLS of an upstream', () => {
  it('verifies unless told otherwise', () => {
    const text = listening(`{ certificates: [${FILES}] }`);
    const secured = text.replace('api: { servers', 'api: { tls: {}, servers');
    expect(compiled(secured).upstreams[0]!.tls).toMatchObject({
      verify: true,
      serverName: null,
      ca: null,
      certificate: null,
      minVersion: '1.2',
      sessions: true,
    });
    expect(compiled(text).upstreams[0]!.tls).toBeNull();
  });

  it('is read in full', () => {
    const bytes = readFileSync(join(import.meta.dirname, 'fixtures/every-key.yaml'));
    const { config } = checkSource(sourceFromBytes('every-key.yaml', bytes));
    const { proxy } = compileConfig(withoutSecrets(config!), { node: null, digest: '', cores: 1 });
    expect(proxy!.upstreams[0]!.tls).toMatchObject({
      serverName: 'api.example.com',
      ca: '/etc/tandem/tls/origins-ca.pem',
      certificate: { certificate: '/etc/tandem/tls/tandem.pem', key: '/etc/tandem/tls/tandem.key' },
      minVersion: '1.3',
      sessions: false,
    });
  });
});
