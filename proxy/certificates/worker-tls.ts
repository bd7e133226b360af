import type {
  HttpListenerConfig,
  ProxyConfig,
  TcpListenerConfig,
} from '../../src/config/proxy-config.ts';
import type { Logger } from '../ports.ts';
import { TicketKeys } from '../tls/tickets.ts';
import { ListenerContexts } from './listener-contexts.ts';
import type { TlsMaterial } from './material.ts';
import { UpstreamContexts } from './upstream-contexts.ts';

/** All about TLS that one worker has: contexts of listeners and upstreams, made of the main thread's material. */
export class WorkerTls {
  readonly upstreams: UpstreamContexts;
  readonly #listeners = new Map<string, ListenerContexts>();

  constructor(config: ProxyConfig, material: TlsMaterial, log: Logger) {
    const { listeners, upstreams, ticketSecret } = config;
    const tickets = ticketSecret === null ? null : new TicketKeys(Buffer.from(ticketSecret));
    this.upstreams = new UpstreamContexts(upstreams, log, material);
    for (const listener of listeners) {
      const own = material.listeners[listener.name];
      if (listener.protocol === 'udp' || listener.tls === null || own === undefined) continue;
      const { name, tls } = listener;
      const parts = { listener: name, log, tickets: tls.sessionTickets ? tickets : null };
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
}
