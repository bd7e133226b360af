/**
 * What connections have in common: certificates, versions and ciphers, whom to trust, ticket keys. Built
 * from bytes, once per worker and certificate; immutable. A new certificate is a new context.
 *
 *     const context = TlsContext.server({ certificates: [{ chain, key, staple: null }], ... });
 *     ...                      // TlsConnection.accept(...) asks which context a client gets
 *     context.dispose();       // connections that have it go on; the last of them frees it
 */
import { createHash } from 'node:crypto';
import { alpnWire, chooseProtocols, forgetProtocols } from './alpn.ts';
import { PEER_CHAIN_BYTES_MAX, SESSION_SECONDS_MAX, TICKETS_PER_HANDSHAKE } from './limits.ts';
import { forgetStaples, stapleResponses } from './ocsp-staple.ts';
import { type Address, openssl } from './openssl.ts';
import { Ctrl, Mode, Option, PROTOCOL_NUMBERS, Verify } from './openssl-constants.ts';
import { OpenSslError, succeed, takeErrors } from './openssl-errors.ts';
import { PemError, withCertificates, withPrivateKey } from './openssl-pem.ts';
import { endSessionsWithCertificates } from './resumed-client.ts';
import { forgetTickets, protectTickets } from './ticket-callback.ts';
import type { TicketKeys } from './tickets.ts';

/** A certificate with what belongs to it. */
export interface CertifiedKey {
  /** PEM: the certificate, after it its chain. */
  readonly chain: Buffer;
  /** PEM, without a passphrase. */
  readonly key: Buffer;
  /** OCSP response to staple, DER; null: none. */
  readonly staple: Buffer | null;
}

interface CommonOptions {
  readonly minVersion: '1.2' | '1.3';
  /** Left out: the newest. */
  readonly maxVersion?: '1.2' | '1.3';
  /** OpenSSL's lists, for TLS 1.2 and for TLS 1.3; null: the modern default. */
  readonly ciphers: string | null;
  readonly ciphersuites: string | null;
  /** Application protocols, the preferred first; none: none is agreed on. */
  readonly alpn: readonly string[];
}

/** What a listener's connections have in common. */
export interface ServerTlsOptions extends CommonOptions {
  /** For one name: one, or one per kind of key (ECDSA and RSA). The client's offer decides. */
  readonly certificates: readonly CertifiedKey[];
  readonly clientCertificates: ClientCertificateOptions | null;
  /**
   * Sessions are resumed only where this is the same: the listener's name, so that who was let in at
   * one is not let in at another. The same on both hosts of a pair.
   */
  readonly sessionContext: string;
  /** Null: no session is resumed. */
  readonly tickets: TicketKeys | null;
}

/** Certificates of clients. */
export interface ClientCertificateOptions {
  /** `optional`: a client may have none, but not a bad one. */
  readonly mode: 'optional' | 'required';
  /** PEM of the authorities that sign them. */
  readonly authorities: Buffer;
  /** Intermediate certificates between a client's and an authority. */
  readonly depth: number;
}

/** What connections to the servers of an upstream have in common. */
export interface ClientTlsOptions extends CommonOptions {
  /** PEM of the authorities to trust; null: the server's certificate is not verified. */
  readonly authorities: Buffer | null;
  /** What we show servers that ask for a certificate; null: none. */
  readonly certificate: CertifiedKey | null;
}

/** Mozilla's "intermediate" of 2024: forward secrecy and AEAD only; clients' preferences are followed. */
export const DEFAULT_CIPHERS =
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:' +
  'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305';
export const DEFAULT_CIPHERSUITES =
  'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';

/** One SSL_CTX and its life. */
export class TlsContext {
  /** The SSL_CTX; 0 once it is freed. */
  #address: Address;
  #sessions = 0;
  #disposed = false;

  /** Throws PemError or OpenSslError, with a message for the operator. */
  static server(options: ServerTlsOptions): TlsContext {
    return new TlsContext(openssl().TLS_server_method(), (address) =>
      setUpServer(address, options),
    );
  }

  /** Throws PemError or OpenSslError, with a message for the operator. */
  static client(options: ClientTlsOptions): TlsContext {
    return new TlsContext(openssl().TLS_client_method(), (address) =>
      setUpClient(address, options),
    );
  }

  private constructor(method: Address, setUp: (address: Address) => void) {
    this.#address = succeed('SSL_CTX_new', openssl().SSL_CTX_new(method));
    try {
      setUp(this.#address);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Called by the owner of an SSL: the address, which it has until `release`. */
  acquire(): Address {
    if (this.#address === 0) throw new Error('this TLS context is disposed of');
    this.#sessions++;
    return this.#address;
  }

  /** Called by the owner of an SSL, after freeing it. */
  release(): void {
    this.#sessions--;
    if (this.#disposed) this.#freeUnused();
  }

  /** No new connections get it; freed when the last one is over. */
  dispose(): void {
    this.#disposed = true;
    this.#freeUnused();
  }

  #freeUnused(): void {
    if (this.#sessions > 0 || this.#address === 0) return;
    forgetProtocols(this.#address);
    forgetStaples(this.#address);
    forgetTickets(this.#address);
    openssl().SSL_CTX_free(this.#address);
    this.#address = 0;
  }
}

function setUpServer(context: Address, options: ServerTlsOptions): void {
  const ssl = openssl();
  setUpCommon(context, options);
  if (options.certificates.length === 0) throw new PemError('no certificate');
  for (const certified of options.certificates) useCertificate(context, certified);
  stapleResponses(context, options.certificates);
  if (options.clientCertificates !== null) askForCertificates(context, options.clientCertificates);
  if (options.alpn.length > 0) chooseProtocols(context, options.alpn);
  ssl.SSL_CTX_ctrl(context, Ctrl.sessionCacheMode, 0, 0);
  if (options.tickets === null) {
    ssl.SSL_CTX_set_options(context, Option.noTicket);
    ssl.SSL_CTX_set_num_tickets(context, 0);
    return;
  }
  const id = sessionContextId(options);
  succeed('session context', ssl.SSL_CTX_set_session_id_context(context, id, id.length));
  ssl.SSL_CTX_set_num_tickets(context, TICKETS_PER_HANDSHAKE);
  ssl.SSL_CTX_set_timeout(context, SESSION_SECONDS_MAX);
  protectTickets(context, options.tickets);
  if (options.clientCertificates !== null) endSessionsWithCertificates(context);
}

function setUpClient(context: Address, options: ClientTlsOptions): void {
  const ssl = openssl();
  setUpCommon(context, options);
  if (options.certificate !== null) useCertificate(context, options.certificate);
  ssl.SSL_CTX_ctrl(context, Ctrl.sessionCacheMode, 0, 0);
  if (options.alpn.length > 0) {
    const wire = alpnWire(options.alpn);
    // The only function of OpenSSL's that returns 0 for success.
    if (ssl.SSL_CTX_set_alpn_protos(context, wire, wire.length) !== 0) {
      throw new OpenSslError('application protocols', takeErrors());
    }
  }
  if (options.authorities === null) return;
  trust(context, options.authorities);
  ssl.SSL_CTX_set_verify(context, Verify.peer, 0);
}

function setUpCommon(context: Address, options: CommonOptions): void {
  const ssl = openssl();
  const { ciphers, ciphersuites, minVersion } = options;
  ssl.SSL_CTX_set_options(context, Option.noCompression + Option.noRenegotiation);
  ssl.SSL_CTX_ctrl(context, Ctrl.mode, Mode.releaseBuffers | Mode.acceptMovingWriteBuffer, 0);
  ssl.SSL_CTX_ctrl(context, Ctrl.maxCertList, PEER_CHAIN_BYTES_MAX, 0);
  const version = PROTOCOL_NUMBERS[minVersion];
  succeed('oldest version', ssl.SSL_CTX_ctrl(context, Ctrl.minProtocol, version, 0));
  const newest = options.maxVersion === undefined ? 0 : PROTOCOL_NUMBERS[options.maxVersion];
  succeed('newest version', ssl.SSL_CTX_ctrl(context, Ctrl.maxProtocol, newest, 0));
  succeed('ciphers', ssl.SSL_CTX_set_cipher_list(context, ciphers ?? DEFAULT_CIPHERS));
  const suites = ciphersuites ?? DEFAULT_CIPHERSUITES;
  succeed('ciphersuites', ssl.SSL_CTX_set_ciphersuites(context, suites));
}

function useCertificate(context: Address, { chain, key }: CertifiedKey): void {
  const ssl = openssl();
  withCertificates(chain, ([certificate, ...others]) => {
    withPrivateKey(key, (address) => {
      if (ssl.X509_check_private_key(certificate!, address) !== 1) {
        const reason = takeErrors()[0]?.text ?? 'unknown';
        throw new PemError(`the private key does not belong to the certificate (${reason})`);
      }
      succeed('certificate', ssl.SSL_CTX_use_certificate(context, certificate!));
      succeed('private key', ssl.SSL_CTX_use_PrivateKey(context, address));
    });
    for (const other of others) {
      // 1: it takes a reference of its own.
      succeed('chain', ssl.SSL_CTX_ctrl(context, Ctrl.chainCertificate, 1, other));
    }
  });
}

function askForCertificates(context: Address, options: ClientCertificateOptions): void {
  const ssl = openssl();
  trust(context, options.authorities);
  withCertificates(options.authorities, (certificates) => {
    for (const certificate of certificates) {
      succeed('authority', ssl.SSL_CTX_add_client_CA(context, certificate));
    }
  });
  const required = options.mode === 'required' ? Verify.failIfNone : 0;
  ssl.SSL_CTX_set_verify(context, Verify.peer | required, 0);
  ssl.SSL_CTX_set_verify_depth(context, options.depth);
}

function trust(context: Address, authorities: Buffer): void {
  const ssl = openssl();
  const store = ssl.SSL_CTX_get_cert_store(context);
  withCertificates(authorities, (certificates) => {
    for (const certificate of certificates) {
      succeed('authority', ssl.X509_STORE_add_cert(store, certificate));
    }
  });
}

/** Who trusts other authorities, or asks for no certificate, resumes nobody's session of here. */
function sessionContextId({ sessionContext, clientCertificates }: ServerTlsOptions): Buffer {
  const hash = createHash('sha256').update(`${sessionContext}\n`);
  if (clientCertificates !== null) {
    hash.update(`${clientCertificates.mode} ${clientCertificates.depth}\n`);
    hash.update(clientCertificates.authorities);
  }
  return hash.digest();
}
