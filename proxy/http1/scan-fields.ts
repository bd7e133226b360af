import type { ProxyErrorCode } from '../errors.ts';
import { COLON, CR, FIELD_VALUE, HTAB, LF, SP, TOKEN_LOWER, UNDERSCORE } from './characters.ts';
import { Field, knownField } from './fields.ts';
import {
  DROPPED,
  FIELD_STRIDE,
  type FieldSection,
  INCOMPLETE,
  IRREGULAR,
  REFUSED,
} from './head.ts';

/** Which rules differ between requests and responses (RFC 9112 5.1). */
export interface FieldRules {
  /** Accept white space between name and colon, to be removed. */
  readonly spaceBeforeColon: boolean;
  /**
   * What becomes of fields with an underscore in their name: many origins take `X_Real_IP` and
   * `X-Real-IP` for one, so the former could pose as the latter. Clients make no such mistake.
   */
  readonly underscores: 'drop' | 'refuse' | 'pass';
  readonly badField: ProxyErrorCode;
  readonly badLineEnd: ProxyErrorCode;
  readonly tooLarge: ProxyErrorCode;
}

export const REQUEST_RULES: FieldRules = {
  spaceBeforeColon: false,
  underscores: 'drop',
  badField: 'bad_field',
  badLineEnd: 'bad_line_end',
  tooLarge: 'head_too_large',
};

export const RESPONSE_RULES: FieldRules = {
  spaceBeforeColon: true,
  underscores: 'pass',
  badField: 'bad_response',
  badLineEnd: 'bad_response',
  tooLarge: 'bad_response',
};

/**
 * Scans field lines from `at` up to and with the empty line, strictly: CR LF, no folding, no control
 * characters, names that are tokens. Bytes from `end` on do not exist yet; `limit` is where the head
 * has become too large. Returns the offset after the empty line, INCOMPLETE or REFUSED.
 */
export function scanFields(
  section: FieldSection,
  at: number,
  end: number,
  limit: number,
  countMax: number,
  rules: FieldRules,
): number {
  const { bytes } = section;
  const stop = Math.min(end, limit);
  section.fieldsStart = at;
  section.fieldCount = 0;
  section.present = 0;
  section.repeated = 0;
  section.anyIrregular = false;
  let line = at;
  while (line < stop) {
    const first = bytes[line]!;
    if (first === CR) {
      if (line + 1 >= stop) break;
      if (bytes[line + 1] !== LF) return refuse(section, rules.badLineEnd);
      section.end = line + 2;
      return line + 2;
    }
    if (section.fieldCount === countMax) return refuse(section, rules.tooLarge);
    const next = scanLine(section, line, stop, rules);
    if (next === REFUSED) return REFUSED;
    if (next === INCOMPLETE) break;
    line = next;
  }
  return end >= limit ? refuse(section, rules.tooLarge) : INCOMPLETE;
}

/** One field line. Returns the offset after its CR LF, INCOMPLETE or REFUSED. */
function scanLine(section: FieldSection, line: number, stop: number, rules: FieldRules): number {
  const { bytes } = section;
  let at = line;
  let flags = 0;
  let lower = 0;
  let underscored = false;
  while (at < stop) {
    lower = TOKEN_LOWER[bytes[at]!]!;
    if (lower === 0) break;
    if (lower === UNDERSCORE) underscored = true;
    at++;
  }
  if (at === stop) return INCOMPLETE;
  const nameEnd = at;
  if (nameEnd === line) {
    return refuse(section, bytes[at] === LF ? rules.badLineEnd : rules.badField);
  }
  if (underscored && rules.underscores !== 'pass') {
    if (rules.underscores === 'refuse') return refuse(section, rules.badField);
    flags = DROPPED;
  }
  if (bytes[at] !== COLON && rules.spaceBeforeColon) {
    at = skipSpace(bytes, at, stop);
    if (at === stop) return INCOMPLETE;
    flags |= IRREGULAR;
  }
  if (bytes[at] !== COLON) return refuse(section, rules.badField);
  at++;
  const valueStart = skipSpace(bytes, at, stop);
  at = valueStart;
  while (at < stop && FIELD_VALUE[bytes[at]!] === 1) at++;
  if (at + 1 >= stop) {
    if (at === stop || bytes[at] === CR) return INCOMPLETE;
  }
  if (bytes[at] !== CR) {
    return refuse(section, bytes[at] === LF ? rules.badLineEnd : rules.badField);
  }
  if (bytes[at + 1] !== LF) return refuse(section, rules.badLineEnd);
  let valueEnd = at;
  while (valueEnd > valueStart && isSpace(bytes[valueEnd - 1]!)) valueEnd--;
  if (valueStart !== nameEnd + 2 || bytes[nameEnd + 1] !== SP || valueEnd !== at) {
    flags |= IRREGULAR;
  }
  record(section, line, nameEnd, valueStart, valueEnd, flags);
  return at + 2;
}

function record(
  section: FieldSection,
  nameStart: number,
  nameEnd: number,
  valueStart: number,
  valueEnd: number,
  flags: number,
): void {
  const field = knownField(section.bytes, nameStart, nameEnd);
  if (field !== Field.other) {
    const bit = 1 << field;
    section.repeated |= section.present & bit;
    section.present |= bit;
  }
  if (flags !== 0) section.anyIrregular = true;
  const base = section.fieldCount * FIELD_STRIDE;
  section.table[base] = nameStart;
  section.table[base + 1] = nameEnd;
  section.table[base + 2] = valueStart;
  section.table[base + 3] = valueEnd;
  section.table[base + 4] = field | flags;
  section.fieldCount++;
}

function skipSpace(bytes: Buffer, from: number, stop: number): number {
  let at = from;
  while (at < stop && isSpace(bytes[at]!)) at++;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

function refuse(section: FieldSection, error: ProxyErrorCode): number {
  section.error = error;
  return REFUSED;
}
