import { createHash } from 'node:crypto';
import type { ListenerTlsConfig } from '../../src/config/tls-config.ts';
import type { Logger } from '../ports.ts';
import type { TicketKeys } from '../tls/tickets.ts';
import { TlsContext } from '../tls/tls-context.ts';
import { type ContextPool, TakenContexts } from './context-pool.ts';
import type { CertificateMaterial, ListenerMaterial } from './material.ts';
import { NameTable } from './name-table.ts';

/** What the TLS of a listener is made of. */
export interface ListenerContextParts {
  readonly listener: string;
  readonly log: Logger;
  readonly pool: ContextPool;
  /** Null: no session is resumed. */
  readonly tickets: TicketKeys | null;
}

/**
 * The contexts of one listener on one worker: one for each group of certificates that share a name.
 * Connections keep the context they began with; those that begin later get what is used then.
 */
export class ListenerContexts {
  readonly #config: ListenerTlsConfig;
  readonly #parts: ListenerContextParts;
  readonly #taken: TakenContexts;
  #table = new NameTable([]);
  #refused = new NameTable([]);
  /** By group of the table; null: it could not be made. */
  #byGroup: readonly (TlsContext | null)[] = [];

  constructor(config: ListenerTlsConfig, parts: ListenerContextParts, material: ListenerMaterial) {
    this.#config = config;
    this.#parts = parts;
    this.#taken = new TakenContexts(parts.pool);
    this.use(material);
  }

  /** What a client gets that asks for this name, in lower case, or for none; null: nothing. */
  choose(name: string | null): TlsContext | null {
    const table = this.#table;
    const { unknownName } = this.#config;
    const group = name === null ? null : table.find(name);
    if (group !== null) return this.#byGroup[group] ?? null;
    if (unknownName === 'refuse' || table.byDefault === null) return null;
    if (name !== null && this.#refused.find(name) !== null) return null;
    return this.#byGroup[table.byDefault] ?? null;
  }

  /** From here on this is used; what has not changed keeps its context. */
  use(material: ListenerMaterial): void {
    const { certificates } = material;
    const table = new NameTable(certificates);
    this.#taken.renew((take) => {
      this.#byGroup = table.groups.map((members) => {
        const group = members.map((member) => certificates[member]!);
        return take(this.#keyOf(group, material.clientCa), () => this.#make(group, material));
      });
    });
    this.#table = table;
    this.#refused = new NameTable([{ names: material.refused, keyKind: '' }]);
  }

  /** Nobody shakes hands by it any more. */
  dispose(): void {
    this.#byGroup = [];
    this.#taken.renew(() => {});
  }

  #keyOf(group: readonly CertificateMaterial[], clientCa: string | null): string {
    const { listener, tickets } = this.#parts;
    const { clientCertificates, ciphers, ciphersuites, minVersion, protocols } = this.#config;
    const settings = [clientCertificates, ciphers, ciphersuites, minVersion, protocols];
    const hash = createHash('sha256').update(
      JSON.stringify([listener, tickets?.identity ?? null, settings]),
    );
    hash.update(clientCa ?? '');
    for (const { chain, key, ocsp } of group) {
      hash.update(`\n${chain}\n${key}\n`).update(ocsp ?? '');
    }
    return hash.digest('latin1');
  }

  /** Null where OpenSSL will not have it; the main thread has read it, so that hardly happens. */
  #make(group: readonly CertificateMaterial[], { clientCa }: ListenerMaterial): TlsContext | null {
    const { clientCertificates, ciphers, ciphersuites, minVersion, protocols } = this.#config;
    const { listener, tickets, log } = this.#parts;
    try {
      return TlsContext.server({
        certificates: group.map(certifiedKey),
        clientCertificates:
          clientCertificates === null
            ? null
            : { ...clientCertificates, authorities: Buffer.from(clientCa ?? '') },
        minVersion,
        ciphers,
        ciphersuites,
        alpn: protocols,
        sessionContext: listener,
        tickets,
      });
    } catch (error) {
      const names = group.flatMap((one) => one.names).join(', ');
      const why = (error as Error).message;
      log.error(
        { listener, code: 'certificate_refused' },
        `listener ${listener}: the certificate for ${names || 'no name'} cannot be used: ${why}`,
      );
      return null;
    }
  }
}

/** As TLS contexts want it. */
export function certifiedKey({ chain, key, ocsp }: CertificateMaterial) {
  return {
    chain: Buffer.from(chain),
    key: Buffer.from(key),
    staple: ocsp === null ? null : Buffer.from(ocsp),
  };
}
