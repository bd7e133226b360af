/**
 * A request of our own on behalf of a client's, or of nobody: what a cache fetches, what an
 * authorization service is asked. It goes the way that a client's request goes (`Dispatch`: selection,
 * queue, retries, pools, breaker), but its answer comes to whoever made it.
 *
 *     new SubRequest(context, owner, record).start(upstream, head, client, additions)
 *       owner.responded(head) ─► owner.content ... ─► owner.ended        or owner.failed, once
 *       pause, resume: the owner's back-pressure                         drop: nothing comes any more
 *
 * `head` announces a body only where there is one, whole; both, and `additions`, which are those of the
 * client's identity, are used up within `start`. 1xx responses, 101 among them, are not passed on.
 */
import type { RetryConfig } from '../../src/config/retry-config.ts';
import type { ProxyErrorCode } from '../errors.ts';
import type { ClientIdentity } from '../http1/client-identity.ts';
import type { RequestAdditions } from '../http1/compose-head.ts';
import { Dispatch, type DispatchOwner } from '../http1/dispatch.ts';
import { NO_LINES } from '../http1/extra-lines.ts';
import type { RequestHead, ResponseHead } from '../http1/head.ts';
import type { HttpContext } from '../http1/http-context.ts';
import type { OriginStream } from '../http1/origin-stream.ts';
import type { RequestRecord } from '../http1/request-record.ts';
import type { Server } from '../upstream/server.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** Hears of the answer. Bytes, and the head, are valid during the call only. */
export interface SubRequestOwner {
  /** The final head. */
  responded(head: ResponseHead, server: Server): void;
  content(bytes: Buffer, start: number, end: number): void;
  /** What came so far can be passed on. */
  flush(): void;
  /** The last call: the answer is complete; `trailers` are lines that came after it. */
  ended(trailers: Buffer): void;
  /** The last call: there is no answer, or no rest of it. */
  failed(code: ProxyErrorCode): void;
}

/** One request of our own. */
export class SubRequest implements DispatchOwner {
  readonly headRequest: boolean;
  /** Who is told of its tries, as of those of a client's request; null: nobody, or nobody any more. */
  record: RequestRecord | null;
  /** Instead of what the upstream has. */
  readonly retry: RetryConfig | null;
  readonly #dispatch: Dispatch;
  readonly #owner: SubRequestOwner;
  #over = false;

  /**
   * `headRequest`: it is sent with HEAD, so that its answer has no content. `retry`: instead of what the
   * upstream has.
   */
  constructor(
    context: HttpContext,
    owner: SubRequestOwner,
    record: RequestRecord | null = null,
    headRequest = false,
    retry: RetryConfig | null = null,
  ) {
    this.#dispatch = new Dispatch(context, this);
    this.#owner = owner;
    this.record = record;
    this.headRequest = headRequest;
    this.retry = retry;
  }

  /** Sends it; the owner may hear of its failure before this returns. */
  start(
    upstream: Upstream,
    head: RequestHead,
    client: ClientIdentity,
    additions: RequestAdditions,
    body: Buffer | null = null,
  ): void {
    this.#dispatch.accept(head);
    this.#dispatch.start(upstream, head, client, additions, 0);
    if (this.#over) return;
    if (body !== null) this.#dispatch.content(body, 0, body.length);
    this.#dispatch.end(NO_LINES);
    this.#dispatch.flush();
  }

  pause(): void {
    this.#dispatch.pause();
  }

  resume(): void {
    this.#dispatch.resume();
  }

  /** Gives it up. */
  drop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#dispatch.drop();
  }

  requestUnwanted(): void {}

  requestWanted(): void {}

  responseInterim(): void {}

  responseHead(head: ResponseHead, server: Server): void {
    // Nobody asked for another protocol.
    if (head.status === 101) this.#fail('bad_response');
    else this.#owner.responded(head, server);
  }

  responseContent(bytes: Buffer, start: number, end: number): void {
    if (!this.#over) this.#owner.content(bytes, start, end);
  }

  responseFlush(): void {
    if (!this.#over) this.#owner.flush();
  }

  responseDone(origin: OriginStream): void {
    if (this.#over) return;
    this.#over = true;
    const trailers = Buffer.from(origin.trailers);
    this.#dispatch.finish(true, performance.now());
    this.#owner.ended(trailers);
  }

  dispatchFailed(code: ProxyErrorCode): void {
    this.#fail(code);
  }

  #fail(code: ProxyErrorCode): void {
    if (this.#over) return;
    this.drop();
    this.#owner.failed(code);
  }
}
