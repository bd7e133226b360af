import type { Server } from '../upstream/server.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ClientIdentity } from './client-identity.ts';
import { NO_LINES } from './extra-lines.ts';
import type { RequestHead } from './head.ts';

/** Which servers one request may go to, and which it has been to. */
export class ServerChoice {
  /** What the upstream's policy chooses by; 0 for most. */
  key = 0;
  readonly #tried: Server[] = [];
  #upstream: Upstream | null = null;
  /** Where the client's cookie says it belongs. */
  #stuckTo: Server | null = null;
  /** It is served elsewhere for once: there is no room, or it takes long there. */
  #astray = false;

  /** A new request; takes what it needs out of the head. */
  begin(upstream: Upstream, head: RequestHead, client: ClientIdentity): void {
    // Making an array empty costs something even where it is empty.
    if (this.#tried.length > 0) this.#tried.length = 0;
    this.#upstream = upstream;
    if (upstream.keyOf !== null) this.key = upstream.keyOf(head, client);
    this.#astray = false;
    this.#stuckTo = upstream.sticky === null ? null : upstream.sticky.serverOf(head);
  }

  /** The server for the first try; null when nobody can take it now. */
  first(): Server | null {
    const stuckTo = this.#stuckTo;
    if (stuckTo?.keeps()) {
      // Who waits takes any server but one that drains: that is only for those who belong there.
      const waits = stuckTo.available() && this.#upstream!.hasLine();
      if (!waits && stuckTo.hasRoom()) return stuckTo;
      // It is only full: the client is served elsewhere for once, and belongs there still.
      this.#astray = true;
    }
    return this.#upstream!.pick(this.#tried, this.key);
  }

  /** How many servers have been tried, this one included. */
  triedWith(server: Server): number {
    return this.#tried.length + (this.#tried.includes(server) ? 0 : 1);
  }

  /** It is not asked again. */
  exclude(server: Server): void {
    if (server === this.#stuckTo) this.#astray = false;
    if (!this.#tried.includes(server)) this.#tried.push(server);
  }

  /** The server for another try, beside or after the one at this server. */
  next(server: Server): Server | null {
    this.exclude(server);
    return this.#upstream!.pick(this.#tried, this.key);
  }

  /** It is only slow: who belongs there does so still, whoever answers. */
  keep(server: Server): void {
    if (server === this.#stuckTo) this.#astray = true;
  }

  /** The line that keeps the client at this server from now on; empty where it knows, or is free. */
  stickyLine(server: Server): Buffer {
    const { sticky } = this.#upstream!;
    if (sticky === null || server === this.#stuckTo || this.#astray) return NO_LINES;
    return sticky.lineFor(server);
  }
}
