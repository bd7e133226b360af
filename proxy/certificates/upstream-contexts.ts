import { createHash } from 'node:crypto';
import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { UpstreamTlsConfig } from '../../src/config/tls-config.ts';
import type { Logger } from '../ports.ts';
import { TlsContext } from '../tls/tls-context.ts';
import { certifiedKey } from './listener-contexts.ts';
import type { TlsMaterial, UpstreamMaterial } from './material.ts';
import { ServerTls } from './server-tls.ts';

/** The TLS of all upstreams on one worker; those that are spoken to alike share a context. */
export class UpstreamContexts {
  readonly #log: Logger;
  readonly #upstreams: readonly (UpstreamConfig & { readonly tls: UpstreamTlsConfig })[];
  readonly #servers = new Map<string, ServerTls>();
  #contexts = new Map<string, TlsContext>();

  constructor(upstreams: readonly UpstreamConfig[], log: Logger, material: TlsMaterial) {
    this.#log = log;
    this.#upstreams = upstreams.flatMap((one) =>
      one.tls === null ? [] : [{ ...one, tls: one.tls }],
    );
    for (const upstream of this.#upstreams)
      this.#servers.set(upstream.name, new ServerTls(upstream));
    this.use(material);
  }

  /** Null: its servers are spoken to plainly. */
  of(upstream: string): ServerTls | null {
    return this.#servers.get(upstream) ?? null;
  }

  /** Connections that begin from here on use this. */
  use({ upstreams }: TlsMaterial): void {
    const contexts = new Map<string, TlsContext>();
    for (const { name, tls } of this.#upstreams) {
      const material = upstreams[name];
      const known = material === undefined || material.fault !== null ? null : keyOf(tls, material);
      const context =
        known === null
          ? null
          : (contexts.get(known) ?? this.#contexts.get(known) ?? this.#make(name, tls, material!));
      if (known !== null && context !== null) contexts.set(known, context);
      this.#servers.get(name)!.use(context);
    }
    for (const [key, context] of this.#contexts) if (!contexts.has(key)) context.dispose();
    this.#contexts = contexts;
  }

  #make(name: string, tls: UpstreamTlsConfig, { ca, certificate }: UpstreamMaterial) {
    const { ciphers, ciphersuites, minVersion, verify, protocols = [] } = tls;
    try {
      return TlsContext.client({
        authorities: verify ? Buffer.from(ca ?? knownAuthorities()) : null,
        certificate: certificate === null ? null : certifiedKey(certificate),
        minVersion,
        ciphers,
        ciphersuites,
        alpn: protocols,
      });
    } catch (error) {
      const why = (error as Error).message;
      const message = `upstream ${name}: TLS cannot be set up: ${why}; its servers cannot be reached`;
      this.#log.error({ upstream: name, code: 'certificate_refused' }, message);
      return null;
    }
  }
}

function keyOf(tls: UpstreamTlsConfig, { ca, certificate }: UpstreamMaterial): string {
  const { verify, ciphers, ciphersuites, minVersion, protocols = [] } = tls;
  const own = certificate === null ? null : [certificate.chain, certificate.key];
  const all = JSON.stringify([verify, ca, own, ciphers, ciphersuites, minVersion, protocols]);
  return createHash('sha256').update(all).digest('latin1');
}

/** Loaded where it is needed only: it is 200 kB. */
function knownAuthorities(): string {
  return process.getBuiltinModule('node:tls').rootCertificates.join('\n');
}
