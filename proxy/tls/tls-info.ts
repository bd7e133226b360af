/** What a connection's handshake came to. */
import { X509Certificate } from 'node:crypto';

/** What is known of a secured connection. */
export interface TlsInfo {
  /** As OpenSSL names it: `TLSv1.3`. */
  readonly protocol: string;
  /** As OpenSSL names it: `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string;
  /** The name the client asked for, in lower case; null: none. On the way to an origin: the one asked for by us. */
  readonly serverName: string | null;
  /** The application protocol agreed on; null: none. */
  readonly alpn: string | null;
  /** The session of an earlier connection goes on: no certificates were exchanged. */
  readonly resumed: boolean;
  /** Null: the peer has shown none. A client's is verified, or there would be no connection. */
  readonly peerCertificate: PeerCertificate | null;
}

/** A certificate as the peer has shown it. Everything but its bytes is read when it is asked for. */
export class PeerCertificate {
  readonly der: Buffer;
  #parsed: X509Certificate | null = null;

  constructor(der: Buffer) {
    this.der = der;
  }

  /** One `TYPE=value` after the other, as RFC 2253 orders and escapes them: the most specific first. */
  get subject(): string {
    return nameOf(this.#certificate.subject);
  }

  /** The same of its issuer. */
  get issuer(): string {
    return nameOf(this.#certificate.issuer);
  }

  /** Hexadecimal, upper case. */
  get serial(): string {
    return this.#certificate.serialNumber;
  }

  /** SHA-256 of the certificate: hexadecimal, lower case. */
  get fingerprint(): string {
    return this.#certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  }

  /** `DNS:a.example.com, IP Address:192.0.2.1`; null: there are none. */
  get alternativeNames(): string | null {
    return this.#certificate.subjectAltName ?? null;
  }

  /** The end of its validity, milliseconds since 1970. */
  get notAfter(): number {
    return this.#certificate.validToDate.getTime();
  }

  get pem(): string {
    return this.#certificate.toString();
  }

  get #certificate(): X509Certificate {
    this.#parsed ??= new X509Certificate(this.der);
    return this.#parsed;
  }
}

/** Node gives one `TYPE=value` a line, the most specific last, escaped as RFC 2253 wants it. */
function nameOf(lines: string | undefined): string {
  return (lines ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .reverse()
    .join(',');
}
