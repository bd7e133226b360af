import type { FeatureRequest } from '../features/feature.ts';
import { BodyKind, type RequestHead } from '../http1/head.ts';
import type { HttpContext } from '../http1/http-context.ts';
import { NO_RETRY } from '../http1/retry.ts';
import { Deadline } from '../io/deadline-queue.ts';
import { additionsOf } from '../subrequest/additions-of.ts';
import { SubRequest, type SubRequestOwner } from '../subrequest/sub-request.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { COPY_ANSWER_BYTES_MAX, COPY_MS_MAX } from './limits.ts';

/** Who reads it knows that nobody waits for the answer. */
const MARK = Buffer.from('X-Mirrored: 1\r\n', 'latin1');

/** One copy of a request; its answer is read to its end, and dropped. */
export class Copy implements SubRequestOwner {
  readonly #context: HttpContext;
  readonly #over: (failed: boolean) => void;
  readonly #deadline: Deadline;
  #sub: SubRequest | null = null;
  #bytes = 0;

  /** `over` is called once: `failed`: there was no answer, or no end of it in time. */
  constructor(context: HttpContext, over: (failed: boolean) => void) {
    this.#context = context;
    this.#over = over;
    this.#deadline = new Deadline(context.engine.deadlines, () => this.#end(true));
  }

  /** Sends it, as the request is forwarded; it may be over before this returns. */
  send(upstream: Upstream, request: FeatureRequest, head: RequestHead, body: Buffer | null): void {
    const { edits, record } = request;
    const ids = record === null ? [] : [record.requestLines];
    const contentLength = head.bodyKind === BodyKind.chunked ? (body?.length ?? null) : null;
    const additions = additionsOf(request, head, {
      ...edits,
      contentLength: edits.contentLength ?? contentLength,
      without: [...edits.without, 'x-mirrored'],
      lines: [...edits.lines, ...ids, MARK],
    });
    const headRequest = (edits.method ?? head.method) === 'HEAD';
    this.#deadline.set(COPY_MS_MAX);
    this.#sub = new SubRequest(this.#context, this, null, headRequest, NO_RETRY);
    this.#sub.start(upstream, head, request.client, additions, body);
  }

  /** Gives it up. */
  stop(): void {
    this.#end(true);
  }

  responded(): void {}

  content(_bytes: Buffer, start: number, end: number): void {
    this.#bytes += end - start;
    if (this.#bytes > COPY_ANSWER_BYTES_MAX) this.#end(false);
  }

  flush(): void {}

  ended(): void {
    this.#end(false);
  }

  failed(): void {
    this.#end(true);
  }

  #end(failed: boolean): void {
    this.#deadline.clear();
    this.#sub?.drop();
    this.#sub = null;
    this.#over(failed);
  }
}
