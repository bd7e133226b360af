/** Ids of requests as the balancer is given them. Types only; proxy/ may import this file. */

/** Whose ids are taken over. */
export type TrustConfig =
  | 'never'
  | 'always'
  | readonly { readonly address: string; readonly prefixLength: number }[];

export interface RequestIdConfig {
  /** Name of the field that carries it, as it is sent. */
  readonly header: string;
  readonly trust: TrustConfig;
  /** The client is told. */
  readonly respond: boolean;
}

export interface TraceConfig {
  readonly trust: TrustConfig;
  /** Traces that begin here are marked as sampled. */
  readonly sampled: boolean;
}
