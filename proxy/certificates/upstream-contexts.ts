import { createHash } from 'node:crypto';
import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { UpstreamTlsConfig } from '../../src/config/tls-config.ts';
import type { Logger } from '../ports.ts';
import { TlsContext } from '../tls/tls-context.ts';
import { type ContextPool, TakenContexts } from './context-pool.ts';
import { certifiedKey } from './listener-contexts.ts';
import type { TlsMaterial, UpstreamMaterial } from './material.ts';
import { ServerTls } from './server-tls.ts';

type TlsUpstream = UpstreamConfig & { readonly tls: UpstreamTlsConfig };

/** The TLS of all upstreams on one worker; those that are spoken to alike share a context. */
export class UpstreamContexts {
  readonly #log: Logger;
  readonly #upstreams: readonly TlsUpstream[];
  readonly #servers = new Map<string, ServerTls>();
  readonly #taken: TakenContexts;

  /** Upstreams that have not changed keep what they had `before`, with their sessions. Of use after `use`. */
  constructor(
    upstreams: readonly UpstreamConfig[],
    log: Logger,
    pool: ContextPool,
    before: UpstreamContexts | null = null,
  ) {
    this.#log = log;
    this.#taken = new TakenContexts(pool);
    this.#upstreams = upstreams.flatMap((one) =>
      one.tls === null ? [] : [{ ...one, tls: one.tls }],
    );
    for (const upstream of this.#upstreams) {
      const known = before?.of(upstream.name) ?? null;
      const stays = known?.staysWith(upstream) === true;
      this.#servers.set(upstream.name, stays ? known : new ServerTls(upstream));
    }
  }

  /** Null: its servers are spoken to plainly. */
  of(upstream: string): ServerTls | null {
    return this.#servers.get(upstream) ?? null;
  }

  /** Connections that begin from here on use this. */
  use({ upstreams }: TlsMaterial): void {
    this.#taken.renew((take) => {
      for (const { name, tls } of this.#upstreams) {
        const material = upstreams[name];
        const known = material !== undefined && material.fault === null;
        const context = known
          ? take(keyOf(tls, material), () => this.#make(name, tls, material))
          : null;
        this.#servers.get(name)!.use(context);
      }
    });
  }

  /** Nobody connects by it any more; `heir` has what goes on. */
  dispose(heir: UpstreamContexts): void {
    for (const [name, tls] of this.#servers) if (heir.of(name) !== tls) tls.use(null);
    this.#taken.renew(() => {});
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
