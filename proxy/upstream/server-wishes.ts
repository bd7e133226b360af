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

const NOTHING: ServerWish = { draining: false, weight: null };

/**
 * The wishes that are not the file's, by identity (identity.ts). They stay until somebody takes them back: a
 * server that is gone from DNS for a while comes back as it was. At most as many as there may be servers.
 */
export class ServerWishes {
  readonly #wishes: Map<string, ServerWish>;

  constructor(all: readonly NamedWish[] = []) {
    this.#wishes = new Map(all.slice(0, SERVERS_MAX));
  }

  /** All that differ from the file. */
  get all(): readonly NamedWish[] {
    return [...this.#wishes];
  }

  of(identity: string): ServerWish {
    return this.#wishes.get(identity) ?? NOTHING;
  }

  /** Throws RangeError, changing nothing, when there are too many. */
  set(identity: string, wish: ServerWish): void {
    if (!wish.draining && wish.weight === null) {
      this.#wishes.delete(identity);
      return;
    }
    if (!this.#wishes.has(identity) && this.#wishes.size >= SERVERS_MAX) {
      throw new RangeError(`more than ${SERVERS_MAX} servers differ from the file`);
    }
    this.#wishes.set(identity, wish);
  }

  /** The server as it is wanted. */
  applied(identity: string, server: ServerConfig): ServerConfig {
    const { weight } = this.of(identity);
    return weight === null || weight === server.weight ? server : { ...server, weight };
  }
}
