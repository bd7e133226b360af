/** What a policy sees of a server. `Server` of proxy/upstream/ is one, by shape. */
export interface Candidate {
  /** `host:port`: what hashing knows it by, the same on both hosts and after a restart. */
  readonly address: string;
  /**
   * How much of the work it may get, as a whole number from 1, comparable with the other candidates
   * of the upstream only. Read in `update`: a policy hears of a change through that.
   */
  share(): number;
  /** Requests and sessions now on it, over all workers. */
  inFlight(): number;
  /** Average time to its answers, over all workers, in ms; 0 before the first. */
  averageMs(): number;
}

/** The key of a request that has none: no such cookie, field or parameter. */
export const NO_KEY = -1;

/**
 * Decides which of the available servers gets the next request. One instance serves one group of
 * servers of one upstream on one worker.
 */
export interface Policy<C extends Candidate> {
  /**
   * Replaces the candidates: all available, each of share 1 or more. Called when availability or a
   * share changes, never per request, so tables are compiled here.
   */
  update(candidates: readonly C[]): void;
  /**
   * The next candidate that is not in `tried`; null when there is none. `key` is an unsigned 32-bit
   * hash of what the request is told apart by, or NO_KEY; only hash policies look at it. Allocates
   * nothing.
   */
  pick(tried: readonly C[], key: number): C | null;
}
