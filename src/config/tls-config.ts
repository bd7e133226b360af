/** TLS of listeners and towards origins. Types only; proxy/ may import this file. */

/** Oldest version of TLS that is spoken. */
export type TlsVersion = '1.2' | '1.3';

/** Files of one certificate; absolute paths. */
export interface CertificateConfig {
  /** The certificate and after it its chain, PEM. */
  readonly certificate: string;
  /** Its private key, PEM. */
  readonly key: string;
  /** Server names it is used for, lower case; empty: those it is made out to. */
  readonly names: readonly string[];
  /** OCSP response to staple, DER; null: none. */
  readonly ocsp: string | null;
}

/** What is told of a client certificate. */
export type ClientCertificateField =
  | 'verify'
  | 'subject'
  | 'issuer'
  | 'serial'
  | 'fingerprint'
  | 'certificate';

/** Certificates of clients. */
export interface ClientCertificatesConfig {
  /** `required`: without a good one there is no connection. */
  readonly mode: 'optional' | 'required';
  /** File of the authorities that sign them, PEM. */
  readonly ca: string;
  /** Intermediate certificates between a client's and an authority of `ca`. */
  readonly depth: number;
  /** Fields of requests that servers get; empty: none. */
  readonly fields: readonly ClientCertificateHeader[];
}

/** One field of requests about the client's certificate. */
export interface ClientCertificateHeader {
  /** As it is written. */
  readonly name: string;
  readonly says: ClientCertificateField;
}

/** TLS of a listener. */
export interface ListenerTlsConfig {
  /** The first that is usable is for clients that ask for no name. */
  readonly certificates: readonly CertificateConfig[];
  readonly minVersion: TlsVersion;
  /** OpenSSL's lists, for TLS 1.2 and for TLS 1.3. */
  readonly ciphers: string;
  readonly ciphersuites: string;
  /** Application protocols offered, the preferred first; empty: none is agreed on. */
  readonly protocols: readonly string[];
  /** Null: clients are asked for none. */
  readonly clientCertificates: ClientCertificatesConfig | null;
  readonly sessionTickets: boolean;
  /** From the connection to the end of the handshake. */
  readonly handshakeTimeoutMs: number;
  /** Clients that ask for a name that no certificate has. */
  readonly unknownName: 'refuse' | 'default';
}

/** TLS towards the servers of an upstream. */
export interface UpstreamTlsConfig {
  /** The certificate has to be valid, for the name, and of a known authority. */
  readonly verify: boolean;
  /** Asked for and expected; null: the server's own name, or its address, which is only expected. */
  readonly serverName: string | null;
  /** File of the authorities to trust, PEM; null: those that come with Node. */
  readonly ca: string | null;
  /** What we show servers that ask for a certificate; null: none. */
  readonly certificate: CertificateConfig | null;
  readonly minVersion: TlsVersion;
  /** OpenSSL's lists. */
  readonly ciphers: string;
  readonly ciphersuites: string;
  /** Application protocols offered; absent: none. */
  readonly protocols?: readonly string[];
  /** Later connections to a server resume the session of earlier ones. */
  readonly sessions: boolean;
}

/** What of a config is about TLS. */
export interface TlsParts {
  readonly listeners: readonly {
    readonly name: string;
    /** Absent where it cannot be. */
    readonly tls?: ListenerTlsConfig | null;
  }[];
  readonly upstreams: readonly { readonly name: string; readonly tls: UpstreamTlsConfig | null }[];
}
