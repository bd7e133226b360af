/**
 * What a route can do with requests beside forwarding them, outermost first: requests pass inwards,
 * responses and failures outwards. So a page that `access` makes passes `error_pages`, `compression`
 * and `headers`, and what `cache` stores was not compressed yet.
 */
export const FEATURE_ORDER = [
  'headers',
  'compression',
  'error_pages',
  'cors',
  'access',
  'maintenance',
  'preflight',
  'methods',
  'basic_auth',
  'forward_auth',
  'rewrite',
  'respond',
  'request_buffering',
  'split',
  'mirror',
  'cache',
  'response_buffering',
] as const;

/** A name out of the order. */
export type FeatureName = (typeof FEATURE_ORDER)[number];

const DRESSING: ReadonlySet<FeatureName> = new Set([
  'headers',
  'compression',
  'error_pages',
  'cors',
]);

/** Does it work on every answer, whoever made it? Such a feature takes no request for itself. */
export function dresses(name: FeatureName): boolean {
  return DRESSING.has(name);
}
