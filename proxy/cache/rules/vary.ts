/** Which stored response of a URL a request chooses (RFC 9111 4.1). */
import { withoutBlanks } from '../../http1/list-members.ts';
import type { FieldReader } from './response-facts.ts';

/** Fields whose lists mean the same in any order and case, so that fewer variants are stored. */
const UNORDERED: ReadonlySet<string> = new Set(['accept-encoding', 'accept-charset']);
/** Fields whose members are compared without case; their order is kept. */
const CASELESS: ReadonlySet<string> = new Set(['accept-language']);

/** Between the values of a variant; in no field value. */
const BETWEEN = '\n';
/** Stands for a field that is not there, which matches only its like. */
const ABSENT = '\r';

/**
 * What of a request chooses among variants by these names, normalised as RFC 9111 4.1 allows: white
 * space around members, and where the field says so their case and order, do not matter.
 */
export function variantOf(names: readonly string[], field: FieldReader): string {
  let variant = '';
  for (const name of names) {
    const value = field(name);
    variant += (value === null ? ABSENT : normalised(name, value)) + BETWEEN;
  }
  return variant;
}

function normalised(name: string, value: string): string {
  const unordered = UNORDERED.has(name);
  const caseless = unordered || CASELESS.has(name);
  // A quoted comma separates nothing; such lists are compared as they are.
  if (!caseless || value.includes('"')) return withoutBlanks(value);
  const members = value.toLowerCase().split(',').map(squeezed);
  const given = members.filter((member) => member !== '');
  return (unordered ? [...new Set(given)].sort() : given).join(',');
}

/** `gzip ; q = 1.0` is `gzip;q=1.0`: no blanks; a full weight is the one that is not said. */
function squeezed(member: string): string {
  let text = '';
  for (const character of member) if (character !== ' ' && character !== '\t') text += character;
  return text.replace(/;q=1(?:\.0{0,3})?$/, '');
}

/** Names of both lists, sorted; a request that agrees in all of them agrees in those of either. */
export function joinNames(first: readonly string[], second: readonly string[]): readonly string[] {
  return [...new Set([...first, ...second])].sort();
}
