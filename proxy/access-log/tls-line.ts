/** The variables of a line that say how the connection was secured. */
import type { TlsVariable } from '../../src/config/access-log-config.ts';
import { verifyWord } from '../http1/certificate-lines.ts';
import type { PeerCertificate, TlsInfo } from '../tls/tls-info.ts';
import { orNone } from './followed-line.ts';
import type { LineWriter } from './line-writer.ts';

/** A request or session: `client` is whose it is. */
interface OfClient {
  readonly client: { readonly tls: TlsInfo | null };
}

type TlsWriter = (out: LineWriter, followed: OfClient) => void;

/** Of a connection that is secured; null: there is none. */
function said(read: (tls: TlsInfo) => string | null): TlsWriter {
  return (out, { client: { tls } }) => orNone(out, tls === null ? null : read(tls));
}

/** Of the client's certificate. */
function certified(read: (certificate: PeerCertificate) => string): TlsWriter {
  return said(({ peerCertificate }) => (peerCertificate === null ? null : read(peerCertificate)));
}

/** Their writers. */
export const tlsLine: Readonly<Record<TlsVariable, TlsWriter>> = {
  https: said(() => 'on'),
  ssl_protocol: said(({ protocol }) => protocol),
  ssl_cipher: said(({ cipher }) => cipher),
  ssl_server_name: said(({ serverName }) => serverName),
  ssl_alpn_protocol: said(({ alpn }) => alpn),
  ssl_session_reused: said(({ resumed }) => (resumed ? 'r' : '.')),
  ssl_client_verify: said(verifyWord),
  ssl_client_s_dn: certified(({ subject }) => subject),
  ssl_client_i_dn: certified(({ issuer }) => issuer),
  ssl_client_serial: certified(({ serial }) => serial),
  ssl_client_fingerprint: certified(({ fingerprint }) => fingerprint),
};
