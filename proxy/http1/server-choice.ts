import type { Server } from '../upstream/server.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ClientIdentity } from './client-identity.ts';
import { NO_LINES } from './extra-lines.ts';
import type { RequestHead } from './head.ts';

/** Which servers one request may go to, and which it has been to. */
export class ServerChoice {
  /** What the upstream's policy chooses by; 0 for most. */
  key = 0;
  readonly tried: Server[] = [];
  #upstream: Upstream | null = null;
  /** Where the client's cookie says it belongs. */
  #stuckTo: Server | null = null;

  /** A new request; takes what it needs out of the head. */
  begin(upstream: Upstream, head: RequestHead, client: ClientIdentity): void {
    this.tried.length = 0;
    this.#upstream = upstream;
    if (upstream.keyOf !== null) this.key = upstream.keyOf(head, client);
    this.#stuckTo = upstream.sticky === null ? null : upstream.sticky.serverOf(head);
  }

  /** The server for the first try; null when nobody can take it now. */
  first(): Server | null {
    const stuckTo = this.#stuckTo;
    if (stuckTo?.admits()) return stuckTo;
    return this.#upstream!.pick(this.tried, this.key);
  }

  /** The server for another try, after this one failed. */
  next(failed: Server): Server | null {
    this.tried.push(failed);
    return this.#upstream!.pick(this.tried, this.key);
  }

  /** The line that keeps the client at this server from now on; empty where it knows, or is free. */
  stickyLine(server: Server): Buffer {
    const { sticky } = this.#upstream!;
    return sticky === null || server === this.#stuckTo ? NO_LINES : sticky.lineFor(server);
  }
}
