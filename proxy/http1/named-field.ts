import { DASH, TOKEN_LOWER, UNDERSCORE } from './characters.ts';
import { FIELD_STRIDE, type FieldSection } from './head.ts';

/**
 * Has the field line of that index this name? `name` is lower case with `_` for `-`: programs behind
 * us tell the two apart as little as CGI does.
 */
export function isFieldNamed(fields: FieldSection, index: number, name: Buffer): boolean {
  const { table, bytes } = fields;
  const base = index * FIELD_STRIDE;
  return isNamed(bytes, table[base]!, table[base + 1]!, name);
}

/** The same of a name in bytes [start, end). */
export function isNamed(bytes: Buffer, start: number, end: number, name: Buffer): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index++) {
    const byte = bytes[start + index]!;
    const lower = byte === DASH ? UNDERSCORE : TOKEN_LOWER[byte]!;
    if (lower !== name[index]) return false;
  }
  return true;
}
