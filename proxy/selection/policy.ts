/** What a policy sees of a server. `Server` of proxy/upstream/ is one, by shape. */
export interface Candidate {
  /** 1-1000; servers of weight 0 are never candidates. */
  readonly weight: number;
  /** Requests and sessions now on it, over all workers. */
  inFlight(): number;
}

/**
 * Decides which of the available servers gets the next request. One instance serves one group of
 * servers of one upstream on one worker.
 */
export interface Policy<C extends Candidate> {
  /**
   * Replaces the candidates: all available, each of weight 1 or more. Called when availability
   * changes, never per request, so tables are compiled here.
   */
  update(candidates: readonly C[]): void;
  /**
   * The next candidate that is not in `tried`; null when there is none. `key` is what a request is
   * hashed by, an unsigned 32-bit number. Allocates nothing.
   */
  pick(tried: readonly C[], key: number): C | null;
}
