/** The features that change messages or answer themselves, as the config asks for them. */
import type { RewritingConfig } from '../../src/config/rewriting-config.ts';
import type { RouteFeature } from '../features/feature.ts';
import { CorsFeature, PreflightFeature } from './cors-feature.ts';
import { ErrorPagesFeature } from './error-pages-feature.ts';
import { HeadersFeature } from './headers-feature.ts';
import { MaintenanceFeature } from './maintenance-feature.ts';
import { MethodsFeature } from './methods-feature.ts';
import { fixed, RespondFeature, readiness, redirecting } from './respond-feature.ts';
import { RewriteFeature } from './rewrite-feature.ts';

/** What they get from their worker. */
export interface RewritingParts {
  /** Name of the listener. */
  readonly listener: string;
  /** Is the balancer ready? */
  ready(): boolean;
  /** Milliseconds, monotonic. */
  now(): number;
}

type Make = (config: RewritingConfig, parts: RewritingParts) => RouteFeature | null;

/** A line for each. */
const MAKERS: readonly Make[] = [
  ({ headers }, { listener }) => headers && new HeadersFeature(headers, listener),
  ({ errorPages }) => (errorPages.length === 0 ? null : new ErrorPagesFeature(errorPages)),
  ({ cors }) => cors && new CorsFeature(cors),
  ({ maintenance }, { now }) => maintenance && new MaintenanceFeature(maintenance, now),
  ({ cors }) => cors && new PreflightFeature(cors),
  ({ methods }) => (methods.length === 0 ? null : new MethodsFeature(methods)),
  ({ rewrite }, { listener }) => rewrite && new RewriteFeature(rewrite, listener),
  ({ redirect }, { listener }) => redirect && new RespondFeature(redirecting(redirect, listener)),
  ({ respond }, { listener, ready }) => {
    if (respond === null) return null;
    return new RespondFeature(respond === 'ready' ? readiness(ready) : fixed(respond, listener));
  },
];

/** In no order. */
export function rewritingFeatures(
  config: RewritingConfig | undefined,
  parts: RewritingParts,
): RouteFeature[] {
  if (config === undefined) return [];
  return MAKERS.flatMap((make) => make(config, parts) ?? []);
}
