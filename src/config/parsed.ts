/** Outcome of reading one scalar of the config: the value, or what is wrong in words. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/** A scalar that could be read. */
export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

/**
 * A scalar that could not be read. `reason` continues the sentence "found X" and is empty where
 * the description of what is allowed says enough.
 */
export function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
