import type { ServerConfig } from '../../src/config/proxy-config.ts';
import { SERVERS_MAX } from '../shared/limits.ts';

/** What an operator wants of a server, whatever the file and DNS say of it. */
export interface ServerWish {
  /** It gets no new work. */
  readonly draining: boolean;
  /** In place of the file's; null: the file's. */
  readonly weight: number | null;
}

/** A wish, and the server whose it is, by its identity. */
export type NamedWish = readonly [identity: string, wish: ServerWish];

/** As the file has it. */
export const NO_WISH: ServerWish = { draining: false, weight: null };

/**
 * The wishes that are not the file's, by identity (identity.ts). They stay until somebody takes them back: a
 * server that is gone from DNS for a while comes back as it was. At most as many as there may be servers.
 */
export class ServerWishes {
  #wishes: ReadonlyMap<string, ServerWish>;

  constructor(all: readonly NamedWish[] = []) {
    this.#wishes = new Map(all.slice(0, SERVERS_MAX));
  }

  /** All that differ from the file. */
  get all(): readonly NamedWish[] {
    return [...this.#wishes];
  }

  of(identity: string): ServerWish {
    return this.#wishes.get(identity) ?? NO_WISH;
  }

  /** Throws RangeError, changing nothing, when there are too many. */
  set(orders: readonly NamedWish[]): void {
    const next = new Map(this.#wishes);
    for (const [identity, wish] of orders) {
      if (wish.draining || wish.weight !== null) next.set(identity, wish);
      else next.delete(identity);
    }
    if (next.size > SERVERS_MAX) {
      throw new RangeError(`more than ${SERVERS_MAX} servers differ from the file`);
    }
    this.#wishes = next;
  }

  /** The server as it is wanted. */
  applied(identity: string, server: ServerConfig): ServerConfig {
    const { weight } = this.of(identity);
    return weight === null || weight === server.weight ? server : { ...server, weight };
  }
}
