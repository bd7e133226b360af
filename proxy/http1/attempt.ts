import type { ProxyErrorCode, Sent } from '../errors.ts';
import { responseSlot, ServerCounter } from '../shared/layout.ts';
import type { Server } from '../upstream/server.ts';
import type { ResponseHead } from './head.ts';
import type { OriginSource, OriginStream } from './origin-stream.ts';
import type { OriginUser } from './origin-user.ts';

/** What an attempt tells the exchange it is made for. All ranges of bytes are valid during the call. */
export interface AttemptOwner {
  readonly headRequest: boolean;
  /** The connection is established: what is in the request buffer may be sent. */
  attemptReady(attempt: Attempt): void;
  /** A 1xx head other than 101. */
  attemptInterim(attempt: Attempt, head: ResponseHead): void;
  /** The final head; content follows, if any. */
  attemptHead(attempt: Attempt, head: ResponseHead): void;
  attemptContent(bytes: Buffer, start: number, end: number): void;
  attemptFlush(): void;
  /** The response is complete; bytes [start, end) came after it, which only 101 allows. */
  attemptDone(attempt: Attempt, bytes: Buffer, start: number, end: number): void;
  /** The connection is gone, and the attempt is over. `errno` is the system's word for why. */
  attemptFailed(
    attempt: Attempt,
    origin: OriginStream,
    code: ProxyErrorCode,
    errno: string | null,
  ): void;
  attemptDrained(): void;
}

/**
 * One try of a request at one server. It holds the server's place for as long as it lasts: every
 * `begin` of the server's has its one `end` here. The object is used again for the next try.
 */
export class Attempt implements OriginUser {
  /** The request buffer has been sent; more of the body goes out as it comes. */
  sent = false;
  /** When that was, by performance.now(). */
  sentAt = 0;
  readonly #owner: AttemptOwner;
  #origin: OriginStream | null = null;
  /** Where that is from. */
  #pool: OriginSource | null = null;

  constructor(owner: AttemptOwner) {
    this.#owner = owner;
  }

  /** The connection it runs on; null while there is no attempt. */
  get origin(): OriginStream | null {
    return this.#origin;
  }

  get headRequest(): boolean {
    return this.#owner.headRequest;
  }

  /** How much of the request has been sent; `complete`: its body has come in full. */
  progress(complete: boolean): Sent {
    if (!this.sent) return 'none';
    return complete ? 'full' : 'partial';
  }

  /**
   * Begins at a server; `fresh` over a new connection, else over a waiting one if there is one.
   * `proxyHeader` as in `OriginSource.take`.
   */
  begin(
    server: Server,
    pool: OriginSource,
    fresh: boolean,
    proxyHeader: Buffer | null,
  ): OriginStream {
    server.begin();
    this.sent = false;
    const origin = fresh ? pool.open(this, proxyHeader) : pool.take(this, proxyHeader);
    this.#origin = origin;
    this.#pool = pool;
    return origin;
  }

  /**
   * The head of a final response has come, at `now` by performance.now(); `timed`: the server wants to know
   * after how long.
   */
  answered(status: number, timed: boolean, now: number): void {
    const { server } = this.#origin!;
    const waitedMs = now - this.sentAt;
    server.count(responseSlot(ServerCounter.responses1xx, status));
    server.times.header.observe(waitedMs);
    server.answered(status, timed ? waitedMs : 0);
  }

  /** It is over, and so is the connection. */
  drop(): void {
    this.#release()?.discard();
  }

  /** It is over, and the connection may serve on if `whole`: nothing of the request is unsent. */
  finish(whole: boolean, now: number): void {
    const origin = this.#release();
    if (origin === null) return;
    origin.server.times.response.observe(now - this.sentAt);
    if (whole && origin.flushed) this.#pool!.release(origin);
    else origin.discard();
  }

  /** After a 101: the connection is somebody else's, who also ends the server's place. */
  handOver(): void {
    this.#origin = null;
  }

  originReady(): void {
    this.#owner.attemptReady(this);
  }

  originInterim(head: ResponseHead): void {
    this.#owner.attemptInterim(this, head);
  }

  originHead(head: ResponseHead): void {
    this.#owner.attemptHead(this, head);
  }

  originContent(bytes: Buffer, start: number, end: number): void {
    this.#owner.attemptContent(bytes, start, end);
  }

  originFlush(): void {
    this.#owner.attemptFlush();
  }

  originDone(bytes: Buffer, start: number, end: number): void {
    this.#owner.attemptDone(this, bytes, start, end);
  }

  originFailed(code: ProxyErrorCode, errno: string | null): void {
    const origin = this.#release()!;
    this.#owner.attemptFailed(this, origin, code, errno);
  }

  originDrained(): void {
    this.#owner.attemptDrained();
  }

  #release(): OriginStream | null {
    const origin = this.#origin;
    this.#origin = null;
    origin?.server.end();
    return origin;
  }
}
