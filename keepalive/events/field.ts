/** The kinds of fields that events have: what they are called, and what fits them. */

/** One field of an event. */
export interface Field<T> {
  /** Its JSON type, for the documentation. */
  readonly type: string;
  readonly doc: string;
  fits(value: unknown): value is T;
}

/** What a field holds. */
export type FieldValue<F> = F extends Field<infer T> ? T : never;

/** Any text. */
export function text(doc: string): Field<string> {
  return { type: 'string', doc, fits: (value) => typeof value === 'string' };
}

/** A whole number. */
export function integer(doc: string): Field<number> {
  return { type: 'integer', doc, fits: (value): value is number => Number.isSafeInteger(value) };
}

/** A number with decimals, such as milliseconds. */
export function decimal(doc: string): Field<number> {
  return { type: 'number', doc, fits: (value): value is number => Number.isFinite(value) };
}

/** True or false. */
export function flag(doc: string): Field<boolean> {
  return { type: 'boolean', doc, fits: (value) => typeof value === 'boolean' };
}

/** A list of texts. */
export function texts(doc: string): Field<readonly string[]> {
  const isText = (value: unknown) => typeof value === 'string';
  return {
    type: 'list of strings',
    doc,
    fits: (value): value is readonly string[] => Array.isArray(value) && value.every(isText),
  };
}

/** Names with texts or numbers. */
export function values(doc: string): Field<Readonly<Record<string, string | number>>> {
  const isPlain = (value: unknown) => typeof value === 'string' || Number.isFinite(value);
  return {
    type: 'map',
    doc,
    fits: (value): value is Readonly<Record<string, string | number>> =>
      typeof value === 'object' && value !== null && Object.values(value).every(isPlain),
  };
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[], doc: string): Field<T> {
  return {
    type: words.map((word) => `\`${word}\``).join(' '),
    doc,
    fits: (value): value is T => words.some((word) => word === value),
  };
}
