import type { IoEngine } from '../io/engine.ts';
import type { Server } from '../upstream/server.ts';
import type { QueueWaiter, ServerQueue } from '../upstream/server-queue.ts';
import { RequestBuffer } from './request-buffer.ts';

/** What becomes of a request that waits. */
export interface ParkedOwner {
  readonly key: number;
  /** Its delay is over: it looks for a server. */
  delayOver(): void;
  /** There is a server for it. */
  serverFree(server: Server): void;
  /** There will be none: it has waited long enough. */
  noServer(): void;
}

/** A request that waits for its turn: a limit delays it, or every server is full. */
export class ParkedRequest implements QueueWaiter {
  /** The request as it will be sent. */
  readonly buffer: RequestBuffer;
  readonly #owner: ParkedOwner;
  #timer: NodeJS.Timeout | undefined;
  #queue: ServerQueue | null = null;

  constructor(engine: IoEngine, owner: ParkedOwner) {
    this.buffer = new RequestBuffer(engine);
    this.#owner = owner;
  }

  get key(): number {
    return this.#owner.key;
  }

  /** Waits until so many milliseconds have passed; an exact time, so not the engine's deadlines. */
  delay(delayMs: number): void {
    this.#timer = setTimeout(() => this.#owner.delayOver(), delayMs);
  }

  /** Waits until a server has room. False: it cannot wait, for there are too many already. */
  join(queue: ServerQueue | null): boolean {
    if (queue === null || !queue.join(this)) return false;
    this.#queue = queue;
    return true;
  }

  /** Waits no more. */
  leave(): void {
    clearTimeout(this.#timer);
    this.#queue?.leave(this);
    this.#queue = null;
  }

  serve(server: Server): void {
    this.#queue = null;
    this.#owner.serverFree(server);
  }

  queueExpired(): void {
    this.#queue = null;
    this.#owner.noServer();
  }
}
