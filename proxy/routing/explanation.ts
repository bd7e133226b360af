/** What `tandem explain` is told. */
import type { SplitReason } from './split.ts';

/** A request that is asked about. */
export interface ExplainedRequest {
  /** Name of an HTTP listener. */
  readonly listener: string;
  readonly scheme: 'http' | 'https';
  readonly method: string;
  /** With a port, if it has one. */
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  /** `Name: value` each. */
  readonly fields: readonly string[];
  /** Where it comes from: the client, or a proxy before this one. */
  readonly source: string;
}

/** An answer that no server gives. */
export interface OwnAnswer {
  /** The feature that gives it; null: the balancer itself. */
  readonly by: string | null;
  readonly status: number;
  /** An entry of the errors; null: none. */
  readonly code: string | null;
  /** Of a redirect; null: it is none. */
  readonly location: string | null;
}

/** A route for the request's host, and what spoke against it. */
export interface ExplainedRoute {
  readonly name: string;
  readonly priority: number;
  readonly match: string;
  readonly verdict: 'taken' | 'no' | 'not asked';
  /** Conditions that do not hold. */
  readonly against: readonly string[];
}

/** Which upstream, and why that. */
export interface ExplainedSplit {
  /** Null: it is somebody's turn, which only the running balancer knows. */
  readonly upstream: string | null;
  readonly reason: SplitReason;
  readonly shares: readonly { readonly upstream: string; readonly weight: number }[];
}

export interface Explanation {
  readonly listener: string;
  readonly request: {
    readonly method: string;
    readonly scheme: string;
    readonly host: string;
    /** Normalised. */
    readonly path: string;
    /** As trusted. */
    readonly client: string;
  };
  /** Those for this host, in the order in which they are asked. */
  readonly routes: readonly ExplainedRoute[];
  /** How many are for other hosts. */
  readonly otherHosts: number;
  /** The route that takes it; null: none does. */
  readonly taken: {
    readonly name: string;
    readonly upstream: string | null;
    readonly split: ExplainedSplit | null;
    /** Names of limits, in the order in which they are asked. */
    readonly limits: readonly string[];
    /** A request from its head to the end of the answer; 0: any time. */
    readonly timeoutMs: number;
    /** What it passes on its way in, outermost first. */
    readonly features: readonly string[];
  } | null;
  /** Who answers instead of a server; null: a server does. */
  readonly answer: OwnAnswer | null;
  /** What goes to the server; null: nothing does. */
  readonly forwarded: {
    readonly method: string;
    readonly target: string;
    readonly host: string;
    /** Fields the features leave out and add. */
    readonly without: readonly string[];
    readonly lines: readonly string[];
  } | null;
}
