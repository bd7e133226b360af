import { expect, test } from 'vitest';
import { tlsVariables } from '../../src/config/access-log-variables.ts';
import type { PeerCertificate, TlsInfo } from '../tls/tls-info.ts';
import { LineWriter } from './line-writer.ts';
import { tlsLine } from './tls-line.ts';

const SECURED: TlsInfo = {
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_128_GCM_SHA256',
  serverName: 'a.example',
  alpn: null,
  resumed: true,
  peerCertificate: null,
};
const certificate = { subject: 'CN=a', issuer: 'CN=b', serial: '0A', fingerprint: 'ab' };

function written(tls: TlsInfo | null): Record<string, string> {
  const names = Object.keys(tlsVariables) as (keyof typeof tlsVariables)[];
  const values = names.map((name) => {
    const out = new LineWriter('text', 100_000);
    out.clear();
    tlsLine[name](out, { client: { tls } });
    return [name, out.bytes.toString('latin1', 0, out.length)];
  });
  return Object.fromEntries(values);
}

test('a plain connection has none of it', () => {
  expect(new Set(Object.values(written(null)))).toEqual(new Set(['-']));
});

test('a secured one says how', () => {
  expect(written(SECURED)).toMatchObject({
    https: 'on',
    ssl_protocol: 'TLSv1.3',
    ssl_cipher: 'TLS_AES_128_GCM_SHA256',
    ssl_server_name: 'a.example',
    ssl_alpn_protocol: '-',
    ssl_session_reused: 'r',
    ssl_client_verify: 'NONE',
    ssl_client_s_dn: '-',
  });
});

test('one with a certificate says whose', () => {
  const peerCertificate = certificate as PeerCertificate;
  expect(written({ ...SECURED, resumed: false, peerCertificate })).toMatchObject({
    ssl_session_reused: '.',
    ssl_client_verify: 'SUCCESS',
    ssl_client_s_dn: 'CN=a',
    ssl_client_i_dn: 'CN=b',
    ssl_client_serial: '0A',
    ssl_client_fingerprint: 'ab',
  });
});
