/** Makes the features of a route out of its configuration, once for each worker. */
import type { RouteConfig } from '../../src/config/proxy-config.ts';
import { AccessFeature } from '../access/access-feature.ts';
import { basicAuthOf } from '../access/basic-auth-feature.ts';
import { forwardAuthOf } from '../access/forward-auth-feature.ts';
import { RequestBuffering, ResponseBuffering } from '../buffering/buffering.ts';
import { makeCacheFeature } from '../cache/make-cache-feature.ts';
import type { WorkerCache } from '../cache/worker-cache.ts';
import { Compression, CompressorCount } from '../compression/compression.ts';
import type { FailureLog } from '../frontend/failure-log.ts';
import type { HttpContext } from '../http1/http-context.ts';
import type { IoEngine } from '../io/engine.ts';
import { MirrorFeature } from '../mirroring/mirror-feature.ts';
import type { Logger } from '../ports.ts';
import { type RewritingParts, rewritingFeatures } from '../rewriting/index.ts';
import { SplitFeature } from '../routing/split-feature.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { RouteFeature } from './feature.ts';
import { FEATURE_ORDER } from './order.ts';

/** What features get from their worker. */
export interface FeatureParts extends RewritingParts {
  /** The listener's; it is complete once the first request comes. */
  readonly context: HttpContext;
  /** By name. */
  readonly caches: ReadonlyMap<string, WorkerCache>;
  readonly engine: IoEngine;
  readonly log: Logger;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly failures: FailureLog;
  /** Where bodies are held that are too long for memory. */
  readonly tempDirectory: string;
}

/** What of a route's configuration, or of its listener's for requests that have none, features need. */
export type FeatureConfig = Partial<
  Pick<
    RouteConfig,
    | 'access'
    | 'split'
    | 'mirror'
    | 'rewriting'
    | 'compression'
    | 'buffering'
    | 'cache'
    | 'passServer'
    | 'rawPath'
  >
>;

/** Null, or none: the route does not ask for it. */
type MakeFeature = (
  config: FeatureConfig,
  parts: FeatureParts,
) => RouteFeature | readonly RouteFeature[] | null;

const compressors = new CompressorCount();

/** A line for each feature; their order is that of `FEATURE_ORDER`. */
const MAKERS: readonly MakeFeature[] = [
  ({ access }) => (access === undefined ? null : new AccessFeature(access)),
  ({ split }, { upstreams }) => (split === undefined ? null : new SplitFeature(split, upstreams)),
  ({ mirror }, parts) => (mirror === undefined ? null : new MirrorFeature(mirror, parts)),
  ({ compression }) =>
    compression === undefined ? null : new Compression(compression, compressors),
  ({ rewriting }, parts) => rewritingFeatures(rewriting, parts),
  ({ rewriting }, parts) => basicAuthOf(rewriting?.basicAuth, parts),
  ({ rewriting }, parts) => forwardAuthOf(rewriting?.forwardAuth, parts),
  makeCacheFeature,
  ({ buffering }, parts) =>
    buffering?.request ? new RequestBuffering(buffering.request, bufferingParts(parts)) : null,
  ({ buffering }, parts) =>
    buffering?.response ? new ResponseBuffering(buffering.response, bufferingParts(parts)) : null,
];

function bufferingParts({ listener, failures, tempDirectory: directory }: FeatureParts) {
  return { listener, failures, directory };
}

/** What a route does beside forwarding, outermost first. */
export function featuresOf(config: FeatureConfig, parts: FeatureParts): RouteFeature[] {
  const made = MAKERS.flatMap((make) => make(config, parts) ?? []);
  return made.sort((one, other) => place(one) - place(other));
}

function place({ name }: RouteFeature): number {
  return FEATURE_ORDER.indexOf(name);
}
