import type {
  ListenerTlsConfig,
  TlsParts,
  UpstreamTlsConfig,
} from '../../src/config/tls-config.ts';
import { CertificateFiles } from './certificate-files.ts';
import type { TlsMaterial } from './material.ts';

/** As a listener has it that says nothing but which certificates it has; here it has none. */
export const TLS: ListenerTlsConfig = {
  certificates: [],
  minVersion: '1.2',
  ciphers: 'ECDHE+AESGCM',
  ciphersuites: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384',
  protocols: ['http/1.1'],
  clientCertificates: null,
  sessionTickets: true,
  handshakeTimeoutMs: 5000,
  unknownName: 'default',
};

/** As an upstream has it that says nothing but `tls: {}`. */
export const UPSTREAM_TLS: UpstreamTlsConfig = {
  verify: true,
  serverName: null,
  ca: null,
  certificate: null,
  minVersion: '1.2',
  ciphers: TLS.ciphers,
  ciphersuites: TLS.ciphersuites,
  sessions: true,
};

/** What workers get, read once. */
export function materialOf(config: TlsParts): TlsMaterial {
  const files = new CertificateFiles(config, () => Date.now());
  for (const { held } of files.entries) held.look();
  return files.material(config);
}
