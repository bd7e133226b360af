/**
 * Copies of requests to another upstream, while the requests go their way:
 *
 *     request ─► its turn? ─► room? ─► without a body ──────────────────────► sent ─► answer dropped
 *                  │ no        │ no  └► with one: kept while it passes ─► whole ─┘
 *                  ▼           ▼                                     └► too long, or client gone: no copy
 *                nothing     counted
 *
 * Nothing here ever waits or answers: whatever becomes of a copy, its request does not notice.
 */
import type { MirrorConfig } from '../../src/config/mirror-config.ts';
import type { FeatureRequest, RequestFeature, RouteFeature } from '../features/feature.ts';
import type { FailureLog } from '../frontend/failure-log.ts';
import { BodyKind, type RequestHead } from '../http1/head.ts';
import type { HttpContext } from '../http1/http-context.ts';
import { SmoothRotation } from '../selection/smooth-rotation.ts';
import { RouteCounter } from '../shared/layout.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { CopiedBody } from './copied-body.ts';
import { Copy } from './copy.ts';

/** What the feature gets. */
export interface MirrorParts {
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly context: HttpContext;
  readonly failures: FailureLog;
}

/** A request and a request that is not copied. */
const BOTH = Uint8Array.of(1, 1);

const BUSY = 'requests are not copied: as many copies as `mirror` allows are under way';

/** `mirror`. */
export class MirrorFeature implements RouteFeature {
  readonly name = 'mirror';
  readonly #config: MirrorConfig;
  readonly #upstream: Upstream;
  readonly #parts: MirrorParts;
  readonly #turn: SmoothRotation;
  /** Bodies that are kept; each becomes a copy, or nothing. */
  #bodies = 0;
  readonly #copies = new Set<Copy>();

  /** Throws RangeError when the upstream is not there. */
  constructor(config: MirrorConfig, parts: MirrorParts) {
    const upstream = parts.upstreams.get(config.upstream);
    if (upstream === undefined) throw new RangeError(`no upstream ${config.upstream}`);
    this.#config = config;
    this.#upstream = upstream;
    this.#parts = parts;
    this.#turn = new SmoothRotation([config.percent, 100 - config.percent]);
  }

  /** A request has come. */
  begin({ head }: FeatureRequest): RequestFeature | null {
    // What follows an upgrade is no HTTP.
    if (head.upgrade !== '') return null;
    let body: CopiedBody | null = null;
    return {
      request: (request) => {
        if (this.#turn.next(BOTH) === 0) body = this.#copy(request);
        return 'on';
      },
      over: () => body?.drop(),
    };
  }

  /** Gives up the copies that are under way. */
  stop(): void {
    for (const copy of [...this.#copies]) copy.stop();
  }

  /** Copies it at once, or gives its body, which is kept until it is whole. */
  #copy(request: FeatureRequest): CopiedBody | null {
    const { head } = request;
    const { draining } = this.#parts.context;
    if (draining) return null;
    if (this.#bodies + this.#copies.size >= this.#config.concurrency) {
      this.#count(request, RouteCounter.mirrorBusy);
      this.#parts.failures.note('mirror_busy', this.#upstream.name, null, BUSY);
      return null;
    }
    if (bodyless(head)) {
      this.#send(request, head, null);
      return null;
    }
    const { bodyBytesMax } = this.#config;
    if (bodyBytesMax === 0 || head.contentLength > bodyBytesMax) {
      this.#count(request, RouteCounter.mirrorBodies);
      return null;
    }
    return this.#keep(request, head.kept());
  }

  #keep(request: FeatureRequest, head: RequestHead): CopiedBody {
    // It was there already, when the copy is sent.
    head.expectContinue = false;
    this.#bodies++;
    const body = new CopiedBody(this.#config.bodyBytesMax, {
      whole: (bytes) => this.#send(request, head, bytes),
      tooLong: () => this.#count(request, RouteCounter.mirrorBodies),
      over: () => this.#bodies--,
    });
    request.watchBody(body);
    return body;
  }

  #send(request: FeatureRequest, head: RequestHead, body: Buffer | null): void {
    this.#count(request, RouteCounter.mirrored);
    const cells = request.route?.cells;
    const copy: Copy = new Copy(this.#parts.context, (failed) => {
      this.#copies.delete(copy);
      if (failed) cells?.count(RouteCounter.mirrorFailed);
    });
    this.#copies.add(copy);
    copy.send(this.#upstream, request, head, body);
  }

  #count({ route }: FeatureRequest, counter: number): void {
    route?.cells.count(counter);
  }
}

function bodyless({ bodyKind, contentLength }: RequestHead): boolean {
  return bodyKind === BodyKind.none || (bodyKind === BodyKind.length && contentLength === 0);
}
