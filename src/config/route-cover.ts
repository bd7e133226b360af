/**
 * Which requests of a route another one takes. Both answers err on the same side: what cannot be told
 * from the config is no.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RouteConfig } from './proxy-config.ts';
import type { OrderedRoute } from './route-order.ts';
import type { RouteCondition, ValueCondition } from './routing-config.ts';

/** A route that is for one path and one host; '' for any. */
export interface Place extends OrderedRoute {
  readonly host: string;
}

/** Does `wide` match every request that `narrow` does? */
export function covers(wide: Place, narrow: Place): boolean {
  return (
    hostCovers(wide.host, narrow.host) &&
    pathCovers(wide, narrow) &&
    methodsCover(wide.methods, narrow.methods) &&
    wide.conditions.every((one) => narrow.conditions.some((other) => implies(other, one)))
  );
}

/** Is there certainly no request that both match? Of one host and one path. */
export function areApart(left: Place, right: Place): boolean {
  const { methods } = left;
  const others = right.methods;
  if (methods.length > 0 && others.length > 0 && !methods.some((one) => others.includes(one))) {
    return true;
  }
  return left.conditions.some((one) => right.conditions.some((other) => contradict(one, other)));
}

function hostCovers(wide: string, narrow: string): boolean {
  if (wide === '' || wide === narrow) return true;
  return wide.startsWith('*.') && narrow.length > wide.length - 1 && narrow.endsWith(wide.slice(1));
}

function pathCovers(wide: Place, narrow: Place): boolean {
  if (wide.pathKind !== 'prefix')
    return wide.pathKind === narrow.pathKind && wide.path === narrow.path;
  if (wide.path === '/') return true;
  if (narrow.pathKind === 'regex' || !narrow.path.startsWith(wide.path)) return false;
  return narrow.path.length === wide.path.length || narrow.path[wide.path.length] === '/';
}

function methodsCover(wide: RouteConfig['methods'], narrow: RouteConfig['methods']): boolean {
  if (wide.length === 0) return true;
  return narrow.length > 0 && narrow.every((method) => wide.includes(method));
}

/** Whenever `one` holds, does `other`? */
function implies(one: RouteCondition, other: RouteCondition): boolean {
  if (isDeepStrictEqual(one, other)) return true;
  if (one.negated || other.negated || !isValue(one) || !isValue(other)) return false;
  if (one.on !== other.on || one.name !== other.name) return false;
  if (other.tests.length === 0) return true;
  if (one.tests.length === 0) return false;
  return one.tests.every((test) => other.tests.some((wide) => isDeepStrictEqual(test, wide)));
}

function contradict(one: RouteCondition, other: RouteCondition): boolean {
  const { negated, ...asked } = one;
  const { negated: otherNegated, ...otherAsked } = other;
  if (negated !== otherNegated) {
    // One wants what the other forbids, or anything at all of it.
    const [wanted, forbidden] = negated ? [other, one] : [one, other];
    if (isDeepStrictEqual(asked, otherAsked)) return true;
    return implies(wanted, { ...forbidden, negated: false });
  }
  if (negated) return false;
  if (one.on === 'scheme' && other.on === 'scheme') return one.scheme !== other.scheme;
  if (!isValue(one) || !isValue(other) || one.on !== other.on || one.name !== other.name) {
    return false;
  }
  // A field that is sent twice, with both values, is nobody's wish.
  if (!isExact(one) || !isExact(other)) return false;
  return !one.tests.some((test) => other.tests.some((also) => isDeepStrictEqual(test, also)));
}

function isExact({ tests }: ValueCondition): boolean {
  return tests.length > 0 && tests.every(({ kind }) => kind === 'exact');
}

function isValue(condition: RouteCondition): condition is ValueCondition & { negated: boolean } {
  return condition.on === 'header' || condition.on === 'cookie' || condition.on === 'query';
}
