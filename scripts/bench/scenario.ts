/** What a scenario is: one shape of traffic, as data. The catalogue is in scenarios.ts. */
import type { MetricName } from './metrics.ts';

/**
 * What the proxies listen for; `h2c` is HTTP/2 without TLS, `h2` with it, `cached` HTTP with a cache in
 * memory that holds every answer for an hour. Every contender says
 * how it is configured for each, or that it cannot.
 */
export const listenerKinds = ['http', 'https', 'h2c', 'h2', 'cached', 'tcp'] as const;
export type ListenerKind = (typeof listenerKinds)[number];

/** What the origins have to offer, by path. */
export const originPaths = {
  /** 43 bytes, 5 header fields. */
  small: '/small',
  /** 4 KiB, 12 header fields. */
  page: '/page',
  '64k': '/64k',
  '1m': '/1m',
} as const;

export interface Scenario {
  /** As `--scenario` takes it. */
  readonly name: string;
  /** One line: what is sent. */
  readonly title: string;
  /** What the result says about a proxy, and when it matters; for docs/BENCHMARKS.md. */
  readonly meaning: string;
  readonly listener: ListenerKind;
  readonly path: (typeof originPaths)[keyof typeof originPaths];
  /** Header fields of the request beside Host. */
  readonly headers: Readonly<Record<string, string>>;
  /** Connections of the load generator; each sends its next request when it has the answer. */
  readonly connections: number;
  /** Of HTTP/2: requests at a time on each of them; absent: one. */
  readonly streams?: number;
  /** The figure the contenders are compared by. */
  readonly headline: MetricName;
  /** Tandem takes part with both its engines, not only with the faster one. */
  readonly bothEngines: boolean;
  /** Part of `--quick`. */
  readonly quick: boolean;
}
