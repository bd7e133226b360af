import type { Client } from '../draining/client.ts';
import type { HttpContext } from '../http1/http-context.ts';
import { SPARE_STREAMS_IDLE_MAX, SPARE_STREAMS_MAX } from './limits.ts';
import { STREAM_LARGEST } from './protocol.ts';
import type { ServerStream } from './server-stream.ts';

/** The streams of one session that are open, and a few to be used again. */
export class OpenStreams {
  readonly #streams = new Map<number, ServerStream>();
  readonly #spare: ServerStream[] = [];
  /** Former contexts in which streams are still open, the oldest first. */
  readonly #leftBehind: HttpContext[] = [];

  get size(): number {
    return this.#streams.size;
  }

  get(id: number): ServerStream | undefined {
    return this.#streams.get(id);
  }

  /** All as they are now, in the order in which they were opened. */
  all(): readonly ServerStream[] {
    return [...this.#streams.values()];
  }

  open(id: number, stream: ServerStream): void {
    this.#streams.set(id, stream);
  }

  /** One that can be used again. */
  spare(): ServerStream | undefined {
    return this.#spare.pop();
  }

  /** It is over, and kept for others of that context. False: it was not open. */
  close(stream: ServerStream, context: HttpContext, client: Client): boolean {
    if (!this.#streams.delete(stream.id)) return false;
    const fits = stream.context === context && this.#spare.length < SPARE_STREAMS_MAX;
    if (fits) this.#spare.push(stream);
    this.#lookBehind(client);
    return true;
  }

  /** Nobody opens one for a while. */
  rest(): void {
    this.#spare.length = Math.min(this.#spare.length, SPARE_STREAMS_IDLE_MAX);
  }

  /** The connection is gone, and they with it. */
  drop(client: Client): void {
    for (const stream of this.all()) stream.gone();
    this.#streams.clear();
    this.#lookBehind(client);
  }

  /** Those that are opened from here on belong to another context. True: some are open in this one. */
  leave(context: HttpContext): boolean {
    this.#spare.length = 0;
    if (this.size === 0) return false;
    this.#leftBehind.push(context);
    return true;
  }

  /** All may send so much more, or less. False: one may send more than there can be. */
  widen(delta: number): boolean {
    for (const { writer } of this.#streams.values()) {
      writer.windowSize += delta;
      if (writer.windowSize > STREAM_LARGEST) return false;
    }
    return true;
  }

  /** Is a former context done with? */
  #lookBehind(client: Client): void {
    if (this.#leftBehind.length === 0) return;
    const [oldest] = this.#streams.values();
    while (this.#leftBehind.length > 0 && oldest?.context !== this.#leftBehind[0]) {
      this.#leftBehind.shift()!.left(client);
    }
  }
}
