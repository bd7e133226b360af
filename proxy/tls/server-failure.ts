import type { Connection } from '../io/engine.ts';
import { TlsConnection } from './tls-connection.ts';

/** What TLS with a server came to nothing for. */
export interface ServerTlsFailure {
  readonly code: 'server_certificate_refused' | 'server_tls_failed';
  /** For the log: few different ones, for nothing in it is the server's own words. */
  readonly reason: string;
}

/** Why a connection that was not established is none, as far as it is for TLS; null: it is not. */
export function serverTlsFailure(
  connection: Connection | null,
  errorCode: string | null,
): ServerTlsFailure | null {
  const failure = connection instanceof TlsConnection ? connection.failure : null;
  if (failure === null) {
    const ours = errorCode?.startsWith('tls_') ?? false;
    return ours ? { code: 'server_tls_failed', reason: errorCode! } : null;
  }
  const { code, detail } = failure;
  // OpenSSL calls it a wrong version number.
  if (code === 'tls_expected') return { code: 'server_tls_failed', reason: 'no TLS spoken' };
  const refused = code === 'tls_certificate_refused';
  return {
    code: refused ? 'server_certificate_refused' : 'server_tls_failed',
    reason: detail === '' ? code : detail,
  };
}
