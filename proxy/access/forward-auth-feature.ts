import type { ForwardAuthConfig } from '../../src/config/rewriting-config.ts';
import type { FeatureRequest, Outcome, RequestFeature, RouteFeature } from '../features/feature.ts';
import { localResponse } from '../features/local-response.ts';
import type { HttpContext } from '../http1/http-context.ts';
import { Deadline } from '../io/deadline-queue.ts';
import { SubRequest, type SubRequestOwner } from '../subrequest/sub-request.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { AuthAnswer, authQuestion } from './auth-messages.ts';
import { AUTH_ANSWER_BYTES_MAX } from './limits.ts';

/** What the feature gets. */
export interface ForwardAuthParts {
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly context: HttpContext;
}

/** The feature of a route; null: nobody is asked. Throws RangeError for an upstream that is not there. */
export function forwardAuthOf(
  config: ForwardAuthConfig | null | undefined,
  parts: ForwardAuthParts,
): ForwardAuthFeature | null {
  if (config === null || config === undefined) return null;
  const upstream = parts.upstreams.get(config.upstream);
  if (upstream === undefined) throw new RangeError(`no upstream ${config.upstream}`);
  return new ForwardAuthFeature(config, upstream, parts.context);
}

/** `forward_auth`: another service decides. */
export class ForwardAuthFeature implements RouteFeature {
  readonly name = 'forward_auth';
  readonly #config: ForwardAuthConfig;
  readonly #upstream: Upstream;
  readonly #context: HttpContext;

  constructor(config: ForwardAuthConfig, upstream: Upstream, context: HttpContext) {
    this.#config = config;
    this.#upstream = upstream;
    this.#context = context;
  }

  begin(): RequestFeature {
    const asking = new Asking(this.#config, this.#upstream, this.#context);
    return { request: (request) => asking.ask(request), over: () => asking.over() };
  }
}

/** One request's question to the service. */
class Asking implements SubRequestOwner {
  readonly #config: ForwardAuthConfig;
  readonly #upstream: Upstream;
  readonly #context: HttpContext;
  readonly #deadline: Deadline;
  #request: FeatureRequest | null = null;
  #sub: SubRequest | null = null;
  #answer: AuthAnswer | null = null;
  /** What has become of it, should that be known before `ask` returns. */
  #outcome: Outcome = 'wait';

  constructor(config: ForwardAuthConfig, upstream: Upstream, context: HttpContext) {
    this.#config = config;
    this.#upstream = upstream;
    this.#context = context;
    this.#deadline = new Deadline(context.engine.deadlines, () => this.#fail());
  }

  ask(request: FeatureRequest): Outcome {
    const { client } = request;
    const question = authQuestion(request, this.#config, this.#context.rules);
    this.#request = request;
    if (question === null) {
      this.#fail();
      return this.#outcome;
    }
    this.#deadline.set(this.#config.timeoutMs);
    this.#sub = new SubRequest(this.#context, this);
    this.#sub.start(this.#upstream, question, client, client.additions(question, null));
    return this.#outcome;
  }

  over(): void {
    this.#request = null;
    this.#settle();
  }

  responded(head: Parameters<SubRequestOwner['responded']>[0]): void {
    this.#answer = new AuthAnswer(head, this.#config.responseHeaders);
  }

  content(bytes: Buffer, start: number, end: number): void {
    const answer = this.#answer!;
    if (answer.add(bytes, start, end) <= AUTH_ANSWER_BYTES_MAX) return;
    // By the head alone it may pass; a page that long is none.
    if (answer.passes) this.#decide();
    else this.#fail();
  }

  flush(): void {}

  ended(): void {
    this.#decide();
  }

  failed(): void {
    this.#fail();
  }

  #decide(): void {
    const request = this.#request;
    const answer = this.#answer!;
    if (request === null) return;
    if (!answer.passes && answer.status >= 500) {
      this.#fail();
      return;
    }
    this.#settle();
    this.#request = null;
    if (!answer.passes) {
      request.answer(localResponse(answer.status, answer.fields, answer.body));
      return;
    }
    request.edits.without.push(...this.#config.responseHeaders);
    request.edits.lines.push(...answer.lines);
    request.goOn();
  }

  #fail(): void {
    const request = this.#request;
    this.#settle();
    this.#request = null;
    this.#outcome = 'answered';
    request?.fail('auth_no_answer');
  }

  #settle(): void {
    this.#deadline.clear();
    this.#sub?.drop();
    this.#sub = null;
  }
}
