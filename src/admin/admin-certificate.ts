/** The certificate of an admin listener off loopback: read from its files, and again when they change. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { type CertificateStatus, expiryStage, expiryText } from '../../proxy/index.ts';
import type { AdminConfig } from '../config/admin-config.ts';
import type { Logger } from '../log/logger.ts';

/** A new certificate is in use after at most so long, ms. */
const LOOK_EVERY_MS = 60_000;

type Files = NonNullable<AdminConfig['tls']>;

/**
 * Gives the server its certificate, and each new one. While there is none that can be used, handshakes
 * fail and the log says why: traffic must not wait for the operator's door.
 */
export class AdminCertificate {
  readonly #server: Server;
  readonly #files: Files;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  /** What is used, as it was read; empty: nothing. */
  #used = '';
  #leaf: X509Certificate | null = null;
  /** What is wrong with the files now; null: nothing. */
  #fault: string | null = null;
  /** The last threshold of its end that was said (proxy/certificates/expiry.ts). */
  #stage: number | null = null;

  constructor(server: Server, files: Files, log: Logger) {
    this.#server = server;
    this.#files = files;
    this.#log = log;
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** As the listeners' certificates, but of no listener and no upstream. */
  status(): CertificateStatus {
    const leaf = this.#leaf;
    const unused = this.#fault === null ? 'used' : 'kept';
    return {
      listener: null,
      upstream: null,
      certificate: this.#files.certificate,
      names: leaf === null ? [] : namesOf(leaf),
      state: leaf === null ? 'disabled' : unused,
      fault: this.#fault,
      remarks: [],
      fingerprint: leaf?.fingerprint256 ?? null,
      notBefore: leaf?.validFromDate.getTime() ?? null,
      notAfter: leaf?.validToDate.getTime() ?? null,
      stapled: false,
    };
  }

  /** The files are looked at no more. */
  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { certificate, key } = this.#files;
    try {
      this.#read(readFileSync(certificate, 'utf8'), readFileSync(key, 'utf8'));
      this.#fault = null;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#fault) {
        const instead = this.#used === '' ? 'nobody can connect' : 'the one from before is used';
        const text = `admin: ${certificate} and ${key}: ${message}; ${instead}`;
        this.#log.error({ certificate, key }, text);
      }
      this.#fault = message;
    }
    this.#sayEnd();
  }

  #read(cert: string, key: string): void {
    if (cert + key === this.#used) return;
    const context = { cert, key, minVersion: 'TLSv1.2' } as const;
    // It would be taken as it is: a key of another certificate is found out here.
    createSecureContext(context);
    this.#leaf = new X509Certificate(cert);
    this.#server.setSecureContext(context);
    this.#used = cert + key;
    this.#stage = null;
    const { certificate } = this.#files;
    this.#log.info({ certificate }, `admin: its certificate is that of ${certificate}`);
  }

  /** Once for each threshold: whoever asks for metrics by this certificate is blind after its end. */
  #sayEnd(): void {
    if (this.#leaf === null) return;
    const validity = {
      notBefore: this.#leaf.validFromDate.getTime(),
      notAfter: this.#leaf.validToDate.getTime(),
    };
    const now = Date.now();
    const stage = expiryStage(validity, now);
    if (stage === this.#stage) return;
    this.#stage = stage;
    if (stage === null) return;
    const { certificate } = this.#files;
    this.#log.warn({ certificate }, `admin: ${certificate} ${expiryText(validity, now)}`);
  }
}

function namesOf({ subjectAltName }: X509Certificate): readonly string[] {
  const entries = (subjectAltName ?? '').split(', ').filter((entry) => entry !== '');
  return entries.map((entry) => entry.replace(/^(DNS|IP Address):/, '').toLowerCase());
}
