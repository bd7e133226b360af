/**
 * Builders for the leaves of the schema. Each gives a zod schema that reads the operator's spelling
 * into the program's units and writes it back (`check --print`), says in one wording what was found
 * and what is allowed, and registers its documentation for the JSON Schema and docs/CONFIG.md.
 */
import { z } from 'zod';
import { foundMessage } from '../found.ts';
import type { Parsed } from '../parsed.ts';
import { didYouMean } from '../suggest.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from '../units.ts';

/** What an operator must know about one key. */
export interface FieldDoc {
  /** What it does, in full sentences. */
  readonly doc: string;
  /** Values it takes; continues "allowed:". */
  readonly allowed: string;
  /** The default as written in a file, or words; null: the key is required. */
  readonly default: string | null;
  /** What goes wrong with a careless value. */
  readonly danger?: string;
}

/** Documentation of every documented schema object; read by the generators. */
export const fieldDocs = z.registry<FieldDoc>();

/**
 * JSON Schema of leaves whose zod type is wider than what they take: zod accepts any number or
 * string in order to explain the mistake, an editor should mark it.
 */
export const jsonForms = z.registry<Readonly<Record<string, unknown>>>();

/** What a builder is told about its key: prose; `allowed` replaces the builder's own words. */
export interface Prose {
  readonly doc: string;
  readonly danger?: string;
  readonly allowed?: string;
}

/** Attaches the documentation to a finished schema (outermost wrapper last). */
export function documented<S extends z.ZodType>(schema: S, doc: FieldDoc): S {
  const lines = [
    doc.doc,
    `Allowed: ${doc.allowed}.`,
    doc.default === null ? 'Required.' : `Default: ${doc.default}.`,
  ];
  if (doc.danger !== undefined) lines.push(`Danger: ${doc.danger}`);
  const described = schema.meta({ description: lines.join('\n') }) as S;
  fieldDocs.add(described, doc);
  return described;
}

/** zod's error option: the shared wording around this field's allowed values. */
export function fieldError(allowed: string): (issue: { input?: unknown }) => string {
  return (issue) => foundMessage(issue.input, allowed);
}

/** A scalar with a spelling of its own: `parse` reads it, `format` writes it back. */
export function spelled<T>(
  allowed: string,
  parse: (text: string) => Parsed<T>,
  format: (value: T) => string,
) {
  const written = z.string({ error: fieldError(allowed) });
  return z.codec(written, z.custom<T>(), reading(allowed, parse, format, isSingle));
}

/** As `spelled`, where a file may also have a bare number: 200, 65536, or by mistake 5. */
export function spelledOrNumber<T>(
  allowed: string,
  parse: (text: string) => Parsed<T>,
  format: (value: T) => string | number,
  jsonForm: Readonly<Record<string, unknown>>,
  is: (value: unknown) => boolean = isSingle,
) {
  const written = z.union([z.string(), z.number()], { error: fieldError(allowed) });
  jsonForms.add(written, jsonForm);
  return z.codec(written, z.custom<T>(), reading(allowed, parse, format, is));
}

function isSingle(value: unknown): boolean {
  return !Array.isArray(value);
}

/**
 * Both directions of a spelling. `is` knows the values that `parse` makes: writing back, a union
 * tries its alternatives, and a list must not be taken for one of its elements. (zod does not ask
 * a custom schema's own check on the way back.)
 */
function reading<T, W extends string | number>(
  allowed: string,
  parse: (text: string) => Parsed<T>,
  format: (value: T) => W,
  is: (value: unknown) => boolean,
) {
  return {
    decode: (written: string | number, context: z.core.ParsePayload) => {
      const result = parse(String(written));
      if (result.ok) return result.value;
      const message = foundMessage(written, allowed, result.reason);
      context.issues.push({ code: 'custom', message, input: written });
      return z.NEVER;
    },
    encode: (value: T, context: z.core.ParsePayload) => {
      if (is(value)) return format(value);
      context.issues.push({ code: 'custom', message: 'another alternative', input: value });
      return z.NEVER;
    },
  };
}

interface Range<T> {
  readonly min: T;
  readonly max: T;
}

function inRange(parse: (text: string) => Parsed<number>, range: Range<string>) {
  const bound = (text: string) => {
    const result = parse(text);
    if (!result.ok) throw new Error(`settings.ts: ${text} is no bound`);
    return result.value;
  };
  const [min, max] = [bound(range.min), bound(range.max)];
  return (text: string): Parsed<number> => {
    const result = parse(text);
    if (!result.ok || (result.value >= min && result.value <= max)) return result;
    return { ok: false, reason: result.value < min ? 'too small' : 'too large' };
  };
}

/** A duration within bounds, in milliseconds; no default. */
export function durationValue(range: Range<string>) {
  const read = inRange(parseDuration, range);
  return spelledOrNumber(durationAllowed(range), read, formatDuration, {
    type: 'string',
    pattern: '^[0-9]+(ms|s|m|h)$',
  });
}

function durationAllowed({ min, max }: Range<string>): string {
  return `a duration from ${min} to ${max}, such as 250ms, 2s, 5m or 1h`;
}

/** A duration with its default, in milliseconds. */
export function duration(setting: Range<string> & { readonly default: string }, prose: Prose) {
  return documented(durationValue(setting).prefault(setting.default), {
    allowed: durationAllowed(setting),
    default: setting.default,
    ...prose,
  });
}

/** A duration whose default depends on other keys: `defaultText` says how. */
export function optionalDuration(range: Range<string>, defaultText: string, prose: Prose) {
  return documented(durationValue(range).optional(), {
    allowed: durationAllowed(range),
    default: defaultText,
    ...prose,
  });
}

/** A size with its default, in bytes. */
export function size(setting: Range<string> & { readonly default: string }, prose: Prose) {
  const allowed = `a size from ${setting.min} to ${setting.max}, such as 64KiB or 65536`;
  const codec = spelledOrNumber(allowed, inRange(parseSize, setting), formatSize, {
    type: ['string', 'integer'],
    pattern: '^[0-9]+(KiB|MiB|GiB)?$',
  });
  return documented(codec.prefault(setting.default), {
    allowed,
    default: setting.default,
    ...prose,
  });
}

/** Words for an integer within bounds. */
export function integerAllowed({ min, max }: Range<number>): string {
  return `a whole number from ${min} to ${max}`;
}

/** An integer within bounds; no default. */
export function integerValue(range: Range<number>, allowed = integerAllowed(range)) {
  const error = fieldError(allowed);
  return z.int({ error }).min(range.min, { error }).max(range.max, { error });
}

/** An integer with its default. */
export function integer(setting: Range<number> & { readonly default: number }, prose: Prose) {
  return documented(integerValue(setting).prefault(setting.default), {
    allowed: integerAllowed(setting),
    default: `${setting.default}`,
    ...prose,
  });
}

/** `true` or `false`, with its default. */
export function flag(byDefault: boolean, prose: Prose) {
  const allowed = 'true or false';
  return documented(z.boolean({ error: fieldError(allowed) }).prefault(byDefault), {
    allowed,
    default: `${byDefault}`,
    ...prose,
  });
}

/** One word out of a few; no default. */
export function choiceValue<const T extends readonly [string, ...string[]]>(values: T) {
  const allowed = choiceAllowed(values);
  return z.enum(values, {
    error: ({ input }) => {
      const guess = typeof input === 'string' ? didYouMean(input, values) : '';
      return `${foundMessage(input, allowed)}${guess}`;
    },
  });
}

/** Words for a choice. */
export function choiceAllowed(values: readonly string[]): string {
  if (values.length === 1) return `${values[0]}`;
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}
