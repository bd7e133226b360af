import type { ProxyErrorCode } from '../errors.ts';
import type { BodyWatcher, ContentFilter } from '../features/content.ts';
import type {
  FeatureRequest,
  RequestEdits,
  RequestFeature,
  RouteFeature,
} from '../features/feature.ts';
import type { LocalResponse } from '../features/local-response.ts';
import { dresses } from '../features/order.ts';
import { ResponseEdit } from '../features/response-edit.ts';
import type { RequestIdValues } from '../request-id/request-ids.ts';
import type { Route } from '../routing/route-table.ts';
import type { ClientIdentity } from './client-identity.ts';
import type { RequestHead, ResponseHead } from './head.ts';
import type { RequestBody } from './request-body.ts';
import type { RequestRecord } from './request-record.ts';

/** What the exchange does for its features. */
export interface FeatureRunOwner {
  /** After somebody waited: the request goes on inwards. */
  goOn(): void;
  /** An answer of our own is on its way outwards. */
  answerLocally(response: LocalResponse): void;
  fail(code: ProxyErrorCode, lines?: Buffer): void;
  /** Where the request's body passes. */
  readonly requestBody: RequestBody;
  wantContent(): void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** One request's way inwards through the features of its route, and its answer's way out again. */
export class FeatureRun implements FeatureRequest {
  readonly client: ClientIdentity;
  record: RequestRecord | null = null;
  readonly edit = new ResponseEdit();
  readonly edits: Mutable<RequestEdits> = {
    upstream: null,
    method: null,
    target: null,
    host: null,
    contentLength: null,
    without: [],
    lines: [],
  };
  route: Route | null = null;
  head!: RequestHead;
  path = '';
  /** Null: the request has ended, and its exchange is at another one. */
  #owner: FeatureRunOwner | null;
  readonly #features: (RequestFeature | null)[] = [];
  /** How many of them the request has passed; the answer passes these on its way out. */
  #passed = 0;
  #kept = false;
  /** An answer is on its way outwards: whoever still waits comes too late. */
  #answered = false;

  constructor(client: ClientIdentity, owner: FeatureRunOwner) {
    this.client = client;
    this.#owner = owner;
  }

  /**
   * A request has come to its route, or to none. The features that dress every answer have it at once, so
   * that they get whatever becomes of it.
   */
  begin(
    features: readonly RouteFeature[],
    route: Route | null,
    head: RequestHead,
    path: string,
    record: RequestRecord | null,
  ): void {
    this.record = record;
    this.route = route;
    this.head = head;
    this.path = path;
    for (const feature of features) {
      const begun = feature.begin(this);
      this.#features.push(begun);
      if (!dresses(feature.name)) continue;
      begun?.request?.(this);
      this.#passed++;
    }
  }

  /**
   * Goes on inwards. `on`: nothing stands before the server. `wait`: the head has been kept, and `goOn`
   * or an answer comes later. `answered`: it has come.
   */
  advance(): 'on' | 'wait' | 'answered' {
    while (this.#passed < this.#features.length) {
      const feature = this.#features[this.#passed++];
      const outcome = feature?.request?.(this) ?? 'on';
      if (outcome === 'wait') this.#keep();
      if (outcome !== 'on') return outcome;
    }
    return 'on';
  }

  get ids(): RequestIdValues | null {
    return this.record?.ids ?? null;
  }

  goOn(): void {
    if (!this.#answered) this.#owner?.goOn();
  }

  answer(response: LocalResponse): void {
    if (this.#answered || this.#owner === null) {
      response.body?.drop();
      return;
    }
    // It passes the features further out than the one that made it.
    this.#passed--;
    this.#owner.answerLocally(response);
  }

  fail(code: ProxyErrorCode, lines?: Buffer): void {
    if (this.#answered || this.#owner === null) return;
    this.#passed--;
    this.#owner.fail(code, lines);
  }

  breakOff(code: ProxyErrorCode): void {
    this.#owner?.fail(code);
  }

  filterBody(filter: ContentFilter): void {
    this.#owner?.requestBody.add(filter);
  }

  watchBody(watcher: BodyWatcher): void {
    this.#owner?.requestBody.watch(watcher);
  }

  wantContent(): void {
    this.#owner?.wantContent();
  }

  /** Nobody further in can answer; true: a feature does. False: an error passes all of them. */
  failed(code: ProxyErrorCode): boolean {
    const all = this.#passed;
    for (; this.#passed > 0; this.#passed--) {
      if (this.#features[this.#passed - 1]?.failed?.(code, this) === true) return true;
    }
    this.#passed = all;
    return false;
  }

  /**
   * Takes a response outwards; `edit` is then what has become of it. Returns what somebody gives instead,
   * which has to be taken outwards in turn; null: nothing.
   */
  respond(
    head: ResponseHead,
    headRequest: boolean,
    error: boolean,
    without: readonly string[],
  ): LocalResponse | null {
    const { edit } = this;
    this.#answered = true;
    edit.begin(head, headRequest, error, without);
    while (this.#passed > 0) {
      this.#passed--;
      this.#features[this.#passed]?.response?.(edit);
      if (edit.replacement !== null) return edit.replacement;
    }
    return null;
  }

  /** The request has ended. */
  over(): void {
    this.#owner = null;
    for (const feature of this.#features) feature?.over?.();
    this.#features.length = 0;
    this.record = null;
  }

  #keep(): void {
    if (this.#kept) return;
    this.#kept = true;
    this.head = this.head.kept();
  }
}
