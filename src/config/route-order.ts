/**
 * The order in which a listener's routes are asked, whatever their order in the file:
 *
 *     1. `priority`, the higher first
 *     2. host: exact names, then `*.` patterns, the longest first, then routes for any host
 *     3. path: exact ones, then regular expressions, then prefixes; of each the longest first
 *     4. the number of other conditions, more first
 *     5. what those say: a value before a part of one, before "there at all", before "not"; of
 *        networks the smaller first
 *     6. the text of the match, so that there is always one answer
 *
 * The balancer groups routes by host, which is step 2; this compares what is left.
 */
import type { RouteConfig } from './proxy-config.ts';
import type { PathKind, RouteCondition, ValueTest } from './routing-config.ts';

/** What of a route counts. */
export type OrderedRoute = Pick<
  RouteConfig,
  'priority' | 'path' | 'pathKind' | 'methods' | 'conditions'
>;

const PATH_RANKS: Readonly<Record<PathKind, number>> = { exact: 0, regex: 1, prefix: 2 };
const TEST_WEIGHTS: Readonly<Record<ValueTest['kind'], number>> = { exact: 4, regex: 3, prefix: 2 };
const PRESENCE_WEIGHT = 1;
const SCHEME_WEIGHT = 4;
const IPV4_IN_IPV6_BITS = 96;

/** Negative: of one host, `left` is asked first. Never 0 for two that differ. */
export function compareRoutes(left: OrderedRoute, right: OrderedRoute): number {
  return compareRanks(left, right) || compareTexts(matchText(left), matchText(right));
}

/** The same without the last step: 0 where only the text is left to decide. */
export function compareRanks(left: OrderedRoute, right: OrderedRoute): number {
  return (
    right.priority - left.priority ||
    PATH_RANKS[left.pathKind] - PATH_RANKS[right.pathKind] ||
    right.path.length - left.path.length ||
    conditionCount(right) - conditionCount(left) ||
    weight(right) - weight(left)
  );
}

/** Everything that tells one match from another but its hosts, however the file has it. */
export function matchText({ path, pathKind, methods, conditions }: Omit<OrderedRoute, 'priority'>) {
  const others = conditions.map((condition) => JSON.stringify(condition)).sort();
  return JSON.stringify([pathKind, path, [...methods].sort(), others]);
}

function conditionCount({ methods, conditions }: OrderedRoute): number {
  return conditions.length + Number(methods.length > 0);
}

/** In their order, lest the sum of the same numbers be another. */
function weight({ conditions }: OrderedRoute): number {
  const weights = conditions.map(weightOf).sort((left, right) => left - right);
  return weights.reduce((sum, one) => sum + one, 0);
}

function weightOf(condition: RouteCondition): number {
  if (condition.negated) return 0;
  switch (condition.on) {
    case 'header':
    case 'cookie':
    case 'query':
      if (condition.tests.length === 0) return PRESENCE_WEIGHT;
      return Math.min(...condition.tests.map(({ kind }) => TEST_WEIGHTS[kind]));
    case 'source': {
      const bits = condition.networks.map(({ address, prefixLength }) =>
        address.includes(':') ? prefixLength : prefixLength + IPV4_IN_IPV6_BITS,
      );
      return Math.min(...bits) / 128;
    }
    case 'scheme':
      return SCHEME_WEIGHT;
    default:
      return 0;
  }
}

function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
