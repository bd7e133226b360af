/**
 * What requests are told apart by, in one spelling wherever a key asks for it: a word (`source`), or a
 * word and a name (`header X-User`, `cookie session`, `query id`).
 */
import { type Parsed, parsed, refused } from '../parsed.ts';
import type { RequestKeyConfig } from '../request-key-config.ts';
import { didYouMean } from '../suggest.ts';
import { spelled } from './field.ts';

const NAMED = { header: 'header', cookie: 'cookie', query: 'parameter' } as const;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
const PARAMETER = /^[^\s&=#]{1,256}$/;

/** Words for a key out of these words, or of a field, a cookie or a parameter. */
export function requestKeyAllowed(words: readonly string[]): string {
  const named = 'header NAME, cookie NAME or query NAME, such as header X-User';
  return [...words, named].join(', ');
}

/** A key: one of these words, or the value of a header field, a cookie or a query parameter. */
export function requestKeyValue<const W extends string>(words: readonly W[]) {
  return spelled(requestKeyAllowed(words), (text) => parseKey(text, words), formatKey);
}

/** Reads one; for spellings that a key is a part of. */
export function parseKey<W extends string>(
  text: string,
  words: readonly W[],
): Parsed<RequestKeyConfig<W>> {
  const [word = '', name, ...rest] = text.split(/ +/);
  if (rest.length > 0) return refused('one key, with at most one name');
  const plain = words.find((one) => one === word);
  const named = Object.hasOwn(NAMED, word) ? NAMED[word as keyof typeof NAMED] : undefined;
  if (name === undefined) {
    if (plain !== undefined) return parsed({ kind: plain });
    return refused(named === undefined ? guess(word, words) : `write ${word} and a name`);
  }
  if (named === undefined) {
    return refused(plain === undefined ? guess(word, words) : `${word} takes no name`);
  }
  const fits = named === 'parameter' ? PARAMETER : TOKEN;
  if (!fits.test(name)) return refused(`a ${word} cannot have that name`);
  return parsed({ kind: named, name: named === 'header' ? name.toLowerCase() : name });
}

function guess(word: string, words: readonly string[]): string {
  return didYouMean(word, [...words, ...Object.keys(NAMED)]).replace(/^ \(|\)$/g, '');
}

/** As a file has it. */
export function formatKey(key: RequestKeyConfig<string>): string {
  if (!('name' in key)) return key.kind;
  return `${key.kind === 'parameter' ? 'query' : key.kind} ${key.name}`;
}
