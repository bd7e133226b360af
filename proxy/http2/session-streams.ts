import type { Client } from '../draining/client.ts';
import type { HttpContext } from '../http1/http-context.ts';
import { SPARE_STREAMS_IDLE_MAX, SPARE_STREAMS_MAX } from './limits.ts';
import { ServerStream, type StreamHost } from './server-stream.ts';

/** The open streams of a session, and some that are used again for its next requests. */
export class SessionStreams {
  readonly #host: StreamHost & Client;
  /** By number, in the order in which they were opened. */
  readonly #open = new Map<number, ServerStream>();
  readonly #spare: ServerStream[] = [];
  /** Former contexts in which streams are still open, the oldest first. */
  readonly #leftBehind: HttpContext[] = [];

  constructor(host: StreamHost & Client) {
    this.#host = host;
  }

  get size(): number {
    return this.#open.size;
  }

  get(id: number): ServerStream | undefined {
    return this.#open.get(id);
  }

  /** All that are open; some may be closed meanwhile. */
  all(): readonly ServerStream[] {
    return [...this.#open.values()];
  }

  open(id: number): ServerStream {
    const stream = this.#spare.pop() ?? new ServerStream(this.#host);
    this.#open.set(id, stream);
    return stream;
  }

  /** False: it was not open. */
  close(stream: ServerStream): boolean {
    if (!this.#open.delete(stream.id)) return false;
    const fits = stream.context === this.#host.context && this.#spare.length < SPARE_STREAMS_MAX;
    if (fits) this.#spare.push(stream);
    this.#look();
    return true;
  }

  /** The connection is gone. */
  drop(): void {
    for (const stream of this.all()) stream.gone();
    this.#open.clear();
    this.#look();
  }

  /** The next ones belong to another context than that one. */
  leave(context: HttpContext): void {
    if (this.size > 0) this.#leftBehind.push(context);
    this.#spare.length = 0;
  }

  /** None is open: few are kept for the next requests. */
  rest(): void {
    this.#spare.length = Math.min(this.#spare.length, SPARE_STREAMS_IDLE_MAX);
  }

  /** Is a former context done with? */
  #look(): void {
    if (this.#leftBehind.length === 0) return;
    const [oldest] = this.#open.values();
    while (this.#leftBehind.length > 0 && oldest?.context !== this.#leftBehind[0]) {
      this.#leftBehind.shift()!.left(this.#host);
    }
  }
}
