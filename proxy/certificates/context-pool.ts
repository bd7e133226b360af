import type { TlsContext } from '../tls/tls-context.ts';

interface Held {
  readonly context: TlsContext;
  users: number;
}

/**
 * The TLS contexts of one worker: what is spoken alike, by whomever and under whichever config, has one
 * context. The last one that gives it back disposes of it.
 */
export class ContextPool {
  readonly #held = new Map<string, Held>();

  /** The context with that key, made if there is none; null where it cannot be made. Pairs with `giveBack`. */
  take(key: string, make: () => TlsContext | null): TlsContext | null {
    const known = this.#held.get(key);
    if (known !== undefined) {
      known.users++;
      return known.context;
    }
    const context = make();
    if (context !== null) this.#held.set(key, { context, users: 1 });
    return context;
  }

  giveBack(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined || --held.users > 0) return;
    this.#held.delete(key);
    held.context.dispose();
  }
}

/** What one user has taken from the pool, each key once. */
export class TakenContexts {
  readonly #pool: ContextPool;
  #taken = new Map<string, TlsContext>();

  constructor(pool: ContextPool) {
    this.#pool = pool;
  }

  /** Takes what is asked for within `choose`, and gives back what is not asked for any more. */
  renew(choose: (take: ContextPool['take']) => void): void {
    const before = this.#taken;
    const taken = new Map<string, TlsContext>();
    choose((key, make) => {
      const known = taken.get(key);
      if (known !== undefined) return known;
      const context = before.get(key) ?? this.#pool.take(key, make);
      if (context !== null) taken.set(key, context);
      return context;
    });
    for (const key of before.keys()) if (!taken.has(key)) this.#pool.giveBack(key);
    this.#taken = taken;
  }
}
