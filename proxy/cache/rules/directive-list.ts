/** Lists of `name`, `name=token` and `name="quoted"` (RFC 9110 5.6). */
import { TOKEN_LOWER } from '../../http1/characters.ts';
import { DIRECTIVES_MAX } from '../limits.ts';

export interface Directive {
  /** Lower case. */
  readonly name: string;
  /** Null without one; without its quotes and their escapes. What is no token is kept as it is. */
  readonly argument: string | null;
}

export interface Directives {
  readonly directives: readonly Directive[];
  /** A quoted argument does not end, a control character is in it, or there are too many. */
  readonly broken: boolean;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** Reads a list; takes time in proportion to its length and never throws. */
export function splitDirectives(text: string): Directives {
  const directives: Directive[] = [];
  let broken = false;
  let at = 0;
  while (at < text.length) {
    at = skipBlanks(text, at);
    const nameStart = at;
    while (at < text.length && isToken(text.charCodeAt(at))) at++;
    const name = text.slice(nameStart, at).toLowerCase();
    const read = readArgument(text, at);
    at = read.next;
    broken ||= read.broken;
    if (name !== '') directives.push({ name, argument: read.argument });
    if (directives.length > DIRECTIVES_MAX) return { directives, broken: true };
  }
  return { directives, broken };
}

/** From behind a name up to behind the next comma. */
function readArgument(text: string, start: number) {
  let at = skipBlanks(text, start);
  if (text.charCodeAt(at) !== EQUALS) {
    const next = afterComma(text, at);
    // Two words without a comma: whatever was meant, it is not the name alone.
    const extra = text.slice(at, next - (text.charCodeAt(next - 1) === COMMA ? 1 : 0));
    return { argument: extra === '' ? null : extra, next, broken: false };
  }
  at = skipBlanks(text, at + 1);
  if (text.charCodeAt(at) === QUOTE) return readQuoted(text, at + 1);
  const next = afterComma(text, at);
  const end = text.charCodeAt(next - 1) === COMMA && next > at ? next - 1 : next;
  return { argument: text.slice(at, end), next, broken: false };
}

function readQuoted(text: string, start: number) {
  let argument = '';
  let at = start;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    if (text.charCodeAt(at) === BACKSLASH) at++;
    argument += text[at] ?? '';
    at++;
  }
  if (at >= text.length) return { argument: `"${argument}`, next: text.length, broken: true };
  const next = afterComma(text, at + 1);
  const rest = text.slice(at + 1, next).replace(',', '');
  // `"1"2` is no value at all.
  return { argument: isBlank(rest) ? argument : `${argument}"${rest}`, next, broken: false };
}

function isBlank(text: string): boolean {
  return skipBlanks(text, 0) === text.length;
}

function afterComma(text: string, start: number): number {
  const comma = text.indexOf(',', start);
  return comma < 0 ? text.length : comma + 1;
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (at < text.length && (text[at] === ' ' || text[at] === '\t')) at++;
  return at;
}

function isToken(code: number): boolean {
  return code < 256 && TOKEN_LOWER[code] !== 0;
}
