import type {
  HttpListenerConfig,
  ProxyConfig,
  TcpListenerConfig,
} from '../../src/config/proxy-config.ts';
import type { Logger } from '../ports.ts';
import { TicketKeys } from '../tls/tickets.ts';
import type { ContextPool } from './context-pool.ts';
import { ListenerContexts } from './listener-contexts.ts';
import type { TlsMaterial } from './material.ts';
import { UpstreamContexts } from './upstream-contexts.ts';

/** All about TLS that one worker has for one config, made of the main thread's material. */
export class WorkerTls {
  readonly upstreams: UpstreamContexts;
  readonly #listeners = new Map<string, ListenerContexts>();

  /** Servers can be spoken to after `use`. */
  constructor(
    config: ProxyConfig,
    material: TlsMaterial,
    log: Logger,
    pool: ContextPool,
    before: WorkerTls | null = null,
  ) {
    const { listeners, upstreams, ticketSecret } = config;
    const tickets = ticketSecret === null ? null : new TicketKeys(Buffer.from(ticketSecret));
    this.upstreams = new UpstreamContexts(upstreams, log, pool, before?.upstreams ?? null);
    for (const listener of listeners) {
      const own = material.listeners[listener.name];
      if (listener.protocol === 'udp' || listener.tls === null || own === undefined) continue;
      const { name, tls } = listener;
      const parts = { listener: name, log, pool, tickets: tls.sessionTickets ? tickets : null };
      this.#listeners.set(name, new ListenerContexts(tls, parts, own));
    }
  }

  /** Null: its clients speak plainly. */
  of({ name }: HttpListenerConfig | TcpListenerConfig): ListenerContexts | null {
    return this.#listeners.get(name) ?? null;
  }

  /** Handshakes that begin from here on use this. */
  use(material: TlsMaterial): void {
    this.upstreams.use(material);
    for (const [name, contexts] of this.#listeners) contexts.use(material.listeners[name]!);
  }

  /** Nobody shakes hands by it any more; `heir` has what goes on. Null: nothing does. */
  dispose(heir: WorkerTls | null): void {
    if (heir !== null) this.upstreams.dispose(heir.upstreams);
    for (const contexts of this.#listeners.values()) contexts.dispose();
  }
}
