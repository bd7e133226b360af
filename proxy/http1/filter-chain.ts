import type { ContentDemand, ContentFilter, ContentSink } from '../features/content.ts';

/**
 * Filters between who makes a content and who takes it, as one sink. Each filter sees the next as a sink,
 * and whoever stands before it as a demand.
 */
export class FilterChain implements ContentSink {
  readonly #links: readonly FilterLink[];

  /** `filters`, the first to get the content first; not empty. `before` is who gives it. */
  constructor(filters: readonly ContentFilter[], last: ContentSink, before: ContentDemand) {
    const links = filters.map((filter) => new FilterLink(filter));
    this.#links = links;
    links.forEach((link, index) => {
      const previous = links[index - 1];
      link.join(links[index + 1] ?? last, previous ?? before);
    });
  }

  get blocked(): boolean {
    return this.#links[0]!.blocked;
  }

  content(bytes: Buffer, start: number, end: number): void {
    this.#links[0]!.content(bytes, start, end);
  }

  flush(): void {
    this.#links[0]!.flush();
  }

  end(trailers: Buffer): void {
    this.#links[0]!.end(trailers);
  }

  /** Who takes it takes more again. */
  drained(): void {
    this.#links.at(-1)!.drained();
  }

  drop(): void {
    for (const link of this.#links) link.drop();
  }
}

/** One filter, as a sink to whoever stands before it. */
class FilterLink implements ContentSink, ContentDemand {
  blocked = false;
  readonly #filter: ContentFilter;

  constructor(filter: ContentFilter) {
    this.#filter = filter;
  }

  join(next: ContentSink, before: ContentDemand): void {
    const demand: ContentDemand = {
      pause: () => {
        this.blocked = true;
        before.pause();
      },
      resume: () => {
        this.blocked = false;
        before.resume();
      },
    };
    this.#filter.attach(next, demand);
  }

  /** The link behind this one takes no more: this filter sees that by itself, when it gives. */
  pause(): void {}

  /** The link behind this one takes more again. */
  resume(): void {
    this.drained();
  }

  content(bytes: Buffer, start: number, end: number): void {
    this.#filter.content(bytes, start, end);
  }

  flush(): void {
    this.#filter.flush();
  }

  end(trailers: Buffer): void {
    this.#filter.end(trailers);
  }

  drained(): void {
    this.#filter.drained();
  }

  drop(): void {
    this.#filter.drop();
  }
}
