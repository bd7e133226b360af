/** What the variables say that are about how a connection is secured, in lines and in templates. */
import type { TlsVariable } from '../../src/config/access-log-config.ts';
import type { TlsInfo } from '../tls/tls-info.ts';
import { printable, verifyWord } from './certificate-lines.ts';

type Value = (tls: TlsInfo) => string | null;

/** By variable; null: there is nothing to say. */
export const TLS_VALUES: Readonly<Record<TlsVariable, Value>> = {
  https: () => 'on',
  ssl_protocol: ({ protocol }) => protocol,
  ssl_cipher: ({ cipher }) => cipher,
  ssl_server_name: ({ serverName }) => serverName,
  ssl_alpn_protocol: ({ alpn }) => alpn,
  ssl_session_reused: ({ resumed }) => (resumed ? 'r' : '.'),
  ssl_client_verify: verifyWord,
  ssl_client_s_dn: ({ peerCertificate: one }) => (one === null ? null : printable(one.subject)),
  ssl_client_i_dn: ({ peerCertificate: one }) => (one === null ? null : printable(one.issuer)),
  ssl_client_serial: ({ peerCertificate: one }) => one?.serial ?? null,
  ssl_client_fingerprint: ({ peerCertificate: one }) => one?.fingerprint ?? null,
};
