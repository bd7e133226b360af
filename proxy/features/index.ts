/** Makes the features of a route out of its configuration, once for each worker. */
import type { RouteConfig } from '../../src/config/proxy-config.ts';
import type { IoEngine } from '../io/engine.ts';
import type { Logger } from '../ports.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { RouteFeature } from './feature.ts';
import { FEATURE_ORDER } from './order.ts';

/** What features get from their worker. */
export interface FeatureParts {
  readonly listener: string;
  readonly engine: IoEngine;
  readonly log: Logger;
  readonly upstreams: ReadonlyMap<string, Upstream>;
}

/** Null: the route does not ask for it. */
type MakeFeature = (route: RouteConfig, parts: FeatureParts) => RouteFeature | null;

/** A line for each feature; their order is that of `FEATURE_ORDER`. */
const MAKERS: readonly MakeFeature[] = [];

/** What this route does beside forwarding, outermost first. */
export function featuresOf(route: RouteConfig, parts: FeatureParts): RouteFeature[] {
  const made = MAKERS.flatMap((make) => make(route, parts) ?? []);
  return made.sort((one, other) => place(one) - place(other));
}

function place({ name }: RouteFeature): number {
  return FEATURE_ORDER.indexOf(name);
}
