/** Names an operator gives to things, and the maps that are keyed by them. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { fieldError } from './field.ts';

/** Words for `nameValue`. */
export const nameAllowed =
  'a name of letters, digits, "-" and "_", starting with a letter or digit, at most 63 long';

/** Name of a virtual router, script, upstream or listener; no dots, `web.ipv6` is made of `web`. */
export const nameValue = z
  .string({ error: fieldError(nameAllowed) })
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, { error: fieldError(nameAllowed) });

/** Words for `nodeNameValue`. */
export const nodeNameAllowed =
  'a host name: letters, digits, "-", "_" and ".", starting with a letter or digit';

/** Name of a node; may be a full host name. */
export const nodeNameValue = z
  .string({ error: fieldError(nodeNameAllowed) })
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,252}$/, { error: fieldError(nodeNameAllowed) });

/** A map from names to `value`, with at most `max` entries. `what` names the entries. */
export function namedMap<V extends z.ZodType>(value: V, what: string, max: number) {
  return mapOf(nameValue, value, what, max);
}

/** A map from node names to `value`. */
export function nodeMap<V extends z.ZodType>(value: V, what: string, max: number) {
  return mapOf(nodeNameValue, value, what, max);
}

/** One value for both nodes, or a map of values by node. */
export function byNode<V extends z.ZodType>(value: V, what: string) {
  return z.union([value, nodeMap(value, what, settings.node.countMax)]);
}

function mapOf<K extends z.ZodType<string, string>, V extends z.ZodType>(
  key: K,
  value: V,
  what: string,
  max: number,
) {
  const allowed = `a map of 1 to ${max} ${what} by name`;
  return z
    .record(key, value, { error: fieldError(allowed) })
    .refine((map) => Object.keys(map).length <= max && Object.keys(map).length > 0, {
      error: ({ input }) =>
        `found ${Object.keys(input as object).length} ${what}; allowed: ${allowed}`,
    });
}
