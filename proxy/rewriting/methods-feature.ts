import type { FeatureRequest, Outcome, RequestFeature, RouteFeature } from '../features/feature.ts';
import { allowLine } from '../http1/extra-lines.ts';

/** `methods`: any other is answered 405 with what is allowed (RFC 9110 15.5.6). */
export class MethodsFeature implements RouteFeature, RequestFeature {
  readonly name = 'methods';
  readonly #methods: ReadonlySet<string>;
  readonly #allow: Buffer;

  constructor(methods: readonly string[]) {
    this.#methods = new Set(methods);
    this.#allow = allowLine(methods.join(', '));
  }

  begin(): RequestFeature {
    return this;
  }

  request(request: FeatureRequest): Outcome {
    if (this.#methods.has(request.head.method)) return 'on';
    request.fail('method_refused', this.#allow);
    return 'answered';
  }
}
