import type {
  BodyWatcher,
  ContentDemand,
  ContentFilter,
  ContentSink,
} from '../features/content.ts';
import { FilterChain } from './filter-chain.ts';

type Target = Omit<ContentSink, 'blocked'>;

const NOWHERE: Target = { content() {}, flush() {}, end() {} };

/**
 * The body of one request on its way to a server, through filters if the route has any. What comes
 * before anybody takes it is kept: that is the rest of one read, for the client is held by then.
 */
export class RequestBody implements ContentSink {
  /** The server takes no more for now, or there is none yet. */
  blocked = true;
  readonly #before: ContentDemand;
  #target: Target | null = null;
  #chain: FilterChain | null = null;
  #filters: ContentFilter[] | null = null;
  #early: Buffer[] | null = null;
  #watcher: BodyWatcher | null = null;
  /** The lines at its end, once that has come; null before. */
  #trailers: Buffer | null = null;

  /** `before` is who gives the body. */
  constructor(before: ContentDemand) {
    this.#before = before;
  }

  /** There are filters: they take what the client sends. */
  get filtered(): boolean {
    return this.#filters !== null;
  }

  /** It passes through this one, after those that were added before. */
  add(filter: ContentFilter): void {
    this.#filters ??= [];
    this.#filters.push(filter);
  }

  /** This one sees it as it goes to the server, from its beginning. */
  watch(watcher: BodyWatcher): void {
    this.filterEarly();
    this.#watcher = watcher;
    for (const bytes of this.#early ?? []) watcher.content(bytes, 0, bytes.length);
    if (this.#trailers !== null) watcher.end();
  }

  /** Takes what the client sends. */
  get entry(): ContentSink {
    if (this.#filters === null) return this;
    this.#chain ??= new FilterChain(this.#filters, this, this.#before);
    return this.#chain;
  }

  /**
   * What came before there were filters passes through them, ahead of what still comes: a feature further
   * out may have waited when it came. False: there are no filters.
   */
  filterEarly(): boolean {
    if (this.#filters === null) return false;
    const chain = this.#chain ?? new FilterChain(this.#filters, this, this.#before);
    if (chain === this.#chain) return true;
    this.#chain = chain;
    const early = this.#early ?? [];
    const trailers = this.#trailers;
    this.#early = null;
    this.#trailers = null;
    // A filter that has enough ends the request, and the next may have the body by then.
    for (const bytes of early) if (this.#chain === chain) chain.content(bytes, 0, bytes.length);
    if (trailers !== null && this.#chain === chain) chain.end(trailers);
    return true;
  }

  /** From here on it goes there, beginning with what came too early. */
  flowTo(target: Target): void {
    this.filterEarly();
    this.#target = target;
    for (const bytes of this.#early ?? []) target.content(bytes, 0, bytes.length);
    this.#early = null;
    if (this.#trailers !== null) target.end(this.#trailers);
    this.drained();
  }

  /** The server takes more again. */
  drained(): void {
    this.blocked = false;
    this.#chain?.drained();
  }

  /** Nobody wants the rest. */
  drop(): void {
    const chain = this.#chain;
    this.blocked = true;
    this.#chain = null;
    this.#filters = null;
    this.#early = null;
    this.#watcher = null;
    this.#target = NOWHERE;
    chain?.drop();
  }

  content(bytes: Buffer, start: number, end: number): void {
    this.#watcher?.content(bytes, start, end);
    if (this.#target !== null) {
      this.#target.content(bytes, start, end);
      return;
    }
    this.#early ??= [];
    this.#early.push(Buffer.from(bytes.subarray(start, end)));
  }

  flush(): void {
    this.#target?.flush();
  }

  end(trailers: Buffer): void {
    this.#watcher?.end();
    if (this.#target === null) this.#trailers = Buffer.from(trailers);
    else this.#target.end(trailers);
  }
}
