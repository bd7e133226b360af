/**
 * CDN-Cache-Control and its kind (RFC 9213): Cache-Control for some caches only, written as a
 * dictionary of structured fields (RFC 9651), where one mistake makes the whole field void.
 */
import { DIRECTIVES_MAX } from '../limits.ts';
import { type CacheControl, parseCacheControl } from './cache-control.ts';

const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const INTEGER = /-?[0-9]{1,15}(?![0-9.])/y;
const DECIMAL = /-?[0-9]{1,12}\.[0-9]{1,3}(?![0-9.])/y;
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y;
const STRING = /"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y;
const BYTES = /:[A-Za-z0-9+/]*={0,2}:/y;
const BOOLEAN = /\?[01]/y;
const DATE = /@-?[0-9]{1,15}(?![0-9.])/y;
const ITEMS = [INTEGER, DECIMAL, STRING, BYTES, BOOLEAN, DATE, TOKEN];

/** Reads a dictionary with a cursor; every method returns null at a mistake. */
class DictionaryReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Members by name, the last of each; values as they are written, `?1` where none is. */
  members(): ReadonlyMap<string, string> | null {
    const members = new Map<string, string>();
    this.#skip(/ */y);
    while (this.#at < this.#text.length) {
      const name = this.#match(KEY);
      if (name === null || members.size > DIRECTIVES_MAX) return null;
      const value = this.#take('=') ? this.#value() : '?1';
      if (value === null || !this.#parameters()) return null;
      members.delete(name);
      members.set(name, value);
      this.#skip(/[ \t]*/y);
      if (this.#at === this.#text.length) break;
      if (!this.#take(',')) return null;
      this.#skip(/[ \t]*/y);
      if (this.#at === this.#text.length) return null;
    }
    return members;
  }

  #value(): string | null {
    return this.#take('(') ? this.#innerList() : this.#item();
  }

  #innerList(): string | null {
    for (;;) {
      this.#skip(/ */y);
      if (this.#take(')')) return '()';
      if (this.#item() === null || !this.#parameters()) return null;
      if (this.#text[this.#at] !== ' ' && this.#text[this.#at] !== ')') return null;
    }
  }

  #item(): string | null {
    for (const form of ITEMS) {
      const item = this.#match(form);
      if (item !== null) return item;
    }
    return null;
  }

  #parameters(): boolean {
    while (this.#take(';')) {
      this.#skip(/ */y);
      if (this.#match(KEY) === null) return false;
      if (this.#take('=') && this.#item() === null) return false;
    }
    return true;
  }

  #match(form: RegExp): string | null {
    form.lastIndex = this.#at;
    const found = form.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  #skip(form: RegExp): void {
    this.#match(form);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

/**
 * What a targeted field says; null when it is empty or broken, and so counts as if it were not there
 * (RFC 9213 2.1). A value of another type than the directive has is taken for the safest one.
 */
export function parseTargeted(text: string): CacheControl | null {
  // Blanks at its end are no part of a field's value.
  const members = new DictionaryReader(text.replace(/^ +/, '').trimEnd()).members();
  if (members === null || members.size === 0) return null;
  const lines: string[] = [];
  for (const [name, value] of members) {
    if (value === '?0') continue;
    lines.push(value === '?1' ? name : `${name}=${value.startsWith('"') ? 'x' : value}`);
  }
  const control = parseCacheControl(lines.join(', '));
  control.present = true;
  return control;
}
