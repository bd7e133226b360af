/** TLS of listeners and upstreams, as the balancer wants it. */
import { asList } from './as-list.ts';
import type { EffectiveConfig, EffectiveUpstream } from './effective.ts';
import type { ListenerEntry } from './schema/index.ts';
import type {
  CertificateConfig,
  ClientCertificateField,
  ClientCertificatesConfig,
  ListenerTlsConfig,
  TlsParts,
  UpstreamTlsConfig,
} from './tls-config.ts';

type TlsEntry = NonNullable<Extract<ListenerEntry, { protocol: 'http' }>['tls']>;
type ClientsEntry = NonNullable<TlsEntry['client_certificates']>;

/** What the names of the fields about a client's certificate end with. */
const FIELD_ENDS: Readonly<Record<ClientCertificateField, string>> = {
  verify: 'Verify',
  subject: 'S-DN',
  issuer: 'I-DN',
  serial: 'Serial',
  fingerprint: 'Fingerprint',
  certificate: 'Cert',
};

/** `tls` of a listener; `protocols` as in ListenerTlsConfig. Null: it has none. */
export function compileListenerTls(
  tls: TlsEntry | undefined,
  protocols: readonly string[],
): ListenerTlsConfig | null {
  if (tls === undefined) return null;
  return {
    certificates: tls.certificates.map(compileCertificate),
    minVersion: tls.min_version,
    ciphers: tls.ciphers,
    ciphersuites: tls.ciphersuites,
    protocols,
    clientCertificates: compileClients(tls.client_certificates),
    sessionTickets: tls.session_tickets,
    handshakeTimeoutMs: tls.handshake_timeout,
    unknownName: tls.unknown_name,
  };
}

function compileCertificate(entry: TlsEntry['certificates'][number]): CertificateConfig {
  const { certificate, key, names, ocsp } = entry;
  return { certificate, key, names: asList(names ?? []), ocsp: ocsp ?? null };
}

function compileClients(entry: ClientsEntry | undefined): ClientCertificatesConfig | null {
  if (entry === undefined) return null;
  const { mode, ca, depth, headers } = entry;
  const { prefix, send } = headers;
  const fields = send.map((says) => ({ name: `${prefix}-${FIELD_ENDS[says]}`, says }));
  return { mode, ca, depth, fields };
}

/**
 * Names, lower case, of all fields that some listener tells servers about client certificates. None of
 * them is a client's to send, to whatever listener: the servers may be the same.
 */
export function certificateFieldsOf(listeners: readonly ListenerEntry[]): readonly string[] {
  const names = listeners.flatMap((listener) => {
    const clients = listener.protocol === 'http' ? listener.tls?.client_certificates : undefined;
    if (clients === undefined) return [];
    return Object.values(FIELD_ENDS).map((end) => `${clients.headers.prefix}-${end}`.toLowerCase());
  });
  return [...new Set(names)];
}

/** `tls` of an upstream; null: it has none. */
export function compileUpstreamTls({ tls }: EffectiveUpstream): UpstreamTlsConfig | null {
  if (tls === undefined) return null;
  const { certificate, key } = tls;
  const own = certificate === undefined ? null : { certificate, key: key!, names: [], ocsp: null };
  return {
    verify: tls.verify,
    serverName: tls.server_name ?? null,
    ca: tls.ca ?? null,
    certificate: own,
    minVersion: tls.min_version,
    ciphers: tls.ciphers,
    ciphersuites: tls.ciphersuites,
    sessions: tls.sessions,
  };
}

/** What of a config names files with certificates; needs no secret. */
export function tlsPartsOf(config: EffectiveConfig): TlsParts {
  return {
    listeners: Object.entries(config.listeners).map(([name, listener]) => ({
      name,
      tls: listener.protocol === 'udp' ? null : compileListenerTls(listener.tls, []),
    })),
    upstreams: Object.entries(config.upstreams).map(([name, upstream]) => ({
      name,
      tls: compileUpstreamTls(upstream),
    })),
  };
}
