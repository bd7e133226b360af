import type { RouteConfig } from '../../src/config/proxy-config.ts';
import { PROXY_ERRORS, type ProxyErrorCode } from '../errors.ts';
import type { FeatureRequest, RequestEdits, RouteFeature } from '../features/feature.ts';
import type { LocalResponse } from '../features/local-response.ts';
import type { ClientIdentity } from '../http1/client-identity.ts';
import type { RequestHead } from '../http1/head.ts';
import type { Explanation, OwnAnswer } from './explanation.ts';
import type { RouteQuery } from './route-table.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A request that passes its route's features without being one: what they do is written down. */
export class Rehearsal implements FeatureRequest {
  readonly head: RequestHead;
  readonly path: string;
  readonly client: ClientIdentity;
  readonly route: FeatureRequest['route'];
  readonly ids = null;
  readonly record = null;
  readonly edits: Mutable<RequestEdits> = {
    upstream: null,
    method: null,
    target: null,
    host: null,
    without: [],
    lines: [],
    contentLength: null,
  };
  /** Who has answered; null: nobody. */
  answered: OwnAnswer | null = null;
  /** Whose turn it is. */
  #by: string | null = null;

  constructor(config: RouteConfig, head: RequestHead, client: ClientIdentity, query: RouteQuery) {
    this.head = head;
    this.client = client;
    this.path = head.asterisk ? '*' : query.path;
    this.route = { config } as FeatureRequest['route'];
  }

  /** Takes it inwards, up to whoever answers. Of those that would wait nothing is known. */
  run(features: readonly RouteFeature[]): void {
    for (const feature of features) {
      this.#by = feature.name;
      feature.begin(this)?.request?.(this);
      if (this.answered !== null) return;
    }
  }

  /** What would go to a server. */
  get forwarded(): Explanation['forwarded'] {
    const { head, edits, path } = this;
    const { bytes, hostStart, hostEnd, pathEnd, targetEnd, method } = head;
    const raw = this.route?.config.rawPath === true && pathEnd > head.targetStart;
    const came = raw ? bytes.toString('latin1', head.targetStart, pathEnd) : path;
    return {
      method: edits.method ?? method,
      target: edits.target ?? `${came}${bytes.toString('latin1', pathEnd, targetEnd)}`,
      host: edits.host ?? bytes.toString('latin1', hostStart, hostEnd),
      without: edits.without,
      lines: edits.lines.flatMap((line) => line.toString('latin1').split('\r\n').filter(Boolean)),
    };
  }

  answer({ head }: LocalResponse): void {
    const at = head.findNamed('location');
    const location = at < 0 ? null : head.value(at);
    this.answered = { by: this.#by, status: head.status, code: null, location };
  }

  fail(code: ProxyErrorCode): void {
    this.answered = { by: this.#by, status: PROXY_ERRORS[code].status, code, location: null };
  }

  goOn(): void {}

  filterBody(): void {}

  breakOff(): void {}

  watchBody(): void {}

  wantContent(): void {}
}
