/** What workers are given of certificates: contents, never paths. Plain data, sent by message. */

/** One certificate with its key, ready to be used. */
export interface CertificateMaterial {
  /** Server names it is used for, lower case, perhaps beginning with `*.`; empty: only by default. */
  readonly names: readonly string[];
  /** Of several for one name one of each kind can be used. */
  readonly keyKind: string;
  /** The certificate and its chain, PEM. */
  readonly chain: string;
  /** PEM. */
  readonly key: string;
  /** OCSP response to staple, DER; null: none. */
  readonly ocsp: Uint8Array | null;
}

/** What a listener needs to end TLS. */
export interface ListenerMaterial {
  /** Usable ones in the order of the file; empty: nobody can be served. */
  readonly certificates: readonly CertificateMaterial[];
  /** Names of certificates that cannot be used: not served, unless another certificate has them. */
  readonly refused: readonly string[];
  /** Authorities that sign certificates of clients, PEM; null: clients are asked for none. */
  readonly clientCa: string | null;
}

/** What an upstream needs to speak TLS with its servers. */
export interface UpstreamMaterial {
  /** PEM; null: those that come with Node. */
  readonly ca: string | null;
  readonly certificate: CertificateMaterial | null;
  /** What is missing, in a sentence: nothing can be sent; null: all is there. */
  readonly fault: string | null;
}

/** All of it, by name. */
export interface TlsMaterial {
  readonly listeners: Readonly<Record<string, ListenerMaterial>>;
  readonly upstreams: Readonly<Record<string, UpstreamMaterial>>;
}

/** Of a balancer without TLS. */
export const NO_MATERIAL: TlsMaterial = { listeners: {}, upstreams: {} };
