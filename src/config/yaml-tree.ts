/**
 * YAML to plain values that remember where they stand. The conversion is ours, not the library's
 * `toJS`, so that duplicate keys, alias bombs, loops and odd keys end in a problem with a place.
 */
import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  type YAMLMap,
  YAMLParseError,
} from 'yaml';
import { nestingDepthMax, valuesMax } from './limits.ts';
import type { ConfigPath } from './problem.ts';

/** A place in the text, 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What a YAML text holds. */
export interface YamlTree {
  /** Maps, lists and scalars; null for an empty text. */
  readonly value: unknown;
  /** Mistakes of the YAML itself. `fatal` means that `value` cannot be trusted. */
  readonly faults: readonly YamlFault[];
  readonly fatal: boolean;
  /**
   * Place of the value at `path`, of its key for maps, lists and `part: 'key'`, or of the nearest
   * value around a missing one.
   */
  place(path: ConfigPath, part?: 'key' | 'value'): Place;
}

export interface YamlFault extends Place {
  readonly path: ConfigPath;
  readonly message: string;
}

const tooDeep = `nested more than ${nestingDepthMax} deep`;

/** Parses YAML 1.2. Never throws. */
export function parseYaml(text: string): YamlTree {
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = compose(text, lines);
  if (typeof document === 'number') {
    const fault = { ...at(document), path: [], message: tooDeep };
    return { value: null, faults: [fault], fatal: true, place: () => at(0) };
  }
  const syntax = syntaxFaults(document, text, at);
  if (syntax.length > 0) {
    return { value: null, faults: syntax, fatal: true, place: () => at(0) };
  }
  const locator = new Locator(document);
  const converter = new Converter(document, at);
  const value = converter.value(document.contents, [], 0);
  return {
    value,
    faults: converter.faults,
    fatal: converter.exhausted,
    place: (path, part = 'value') => at(locator.offset(path, part)),
  };
}

/**
 * The document, or the offset where nesting passed the bound. The library's own `parseDocument`
 * composes recursively whatever it is given; a file of brackets takes it gigabytes and minutes. Its
 * parser, one lexeme at a time, keeps its nesting in a stack that can be looked at.
 */
function compose(text: string, lines: LineCounter): Document.Parsed | number {
  const tokens: CST.Token[] = [];
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    // A level takes one entry, or two where a map is written inside a list item.
    if (parser.stack.length > 2 * nestingDepthMax + 2) return parser.offset;
  }
  tokens.push(...parser.end());
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false });
  const [first, second] = [...composer.compose(tokens, true, text.length)];
  if (first === undefined) throw new Error('a forced composition has a document');
  if (second !== undefined) {
    const message = 'found a second document; allowed: one';
    first.errors.push(
      new YAMLParseError([second.range[0], second.range[0]], 'MULTIPLE_DOCS', message),
    );
  }
  return first;
}

/** One fault per line: what follows on the same line is mostly an echo of the first. */
function syntaxFaults(
  document: Document.Parsed,
  text: string,
  at: (offset: number) => Place,
): YamlFault[] {
  const faults: YamlFault[] = [];
  const lines = text.split('\n');
  const seen = new Set<number>();
  for (const { code, pos, message } of [...document.errors, ...document.warnings]) {
    const place = at(pos[0]);
    if (seen.has(place.line)) continue;
    seen.add(place.line);
    const own = code === 'MULTIPLE_DOCS';
    const yaml = `YAML: ${message}${hint(lines[place.line - 1] ?? '')}`;
    faults.push({ ...place, path: [], message: own ? message : yaml });
  }
  if (document.directives.yaml.version !== '1.2') {
    const version = document.directives.yaml.version;
    faults.push({ ...at(0), path: [], message: `found %YAML ${version}; allowed: YAML 1.2` });
  }
  return faults;
}

/** The mistake everybody makes once in a file with addresses in it. */
function hint(line: string): string {
  const bracketed = /[^"'](\[[0-9A-Fa-f.:]*:[0-9A-Fa-f.:]*\]:[0-9]+)/.exec(line)?.[1];
  return bracketed === undefined
    ? ''
    : `; an IPv6 address with a port needs quotes: "${bracketed}"`;
}

class Converter {
  readonly faults: YamlFault[] = [];
  /** A bound was met, so the value is incomplete. */
  exhausted = false;
  readonly #document: Document.Parsed;
  readonly #at: (offset: number) => Place;
  readonly #targets = new Map<Alias, Node>();
  #values = 0;

  constructor(document: Document.Parsed, at: (offset: number) => Place) {
    this.#document = document;
    this.#at = at;
  }

  value(node: Node | null, path: ConfigPath, depth: number): unknown {
    if (node === null || this.exhausted) return null;
    this.#values += 1;
    if (depth > nestingDepthMax) return this.#exhaust(node, path, tooDeep);
    if (this.#values > valuesMax) {
      return this.#exhaust(
        node,
        path,
        `more than ${valuesMax} values once aliases are written out`,
      );
    }
    if (isAlias(node)) return this.#alias(node, path, depth);
    if (isScalar(node)) return node.value;
    if (isSeq(node)) {
      return node.items.map((item, index) =>
        this.value(item as Node | null, [...path, index], depth + 1),
      );
    }
    return isMap(node) ? this.#map(node.items as Pair[], path, depth) : null;
  }

  #alias(alias: Alias, path: ConfigPath, depth: number): unknown {
    // The library looks for the anchor through the whole document each time.
    const target = this.#targets.get(alias) ?? alias.resolve(this.#document) ?? null;
    if (target === null) {
      const message = `found *${alias.source}, but no &${alias.source} before it`;
      this.faults.push({ ...this.#at(offsetOfNode(alias)), path, message });
      return null;
    }
    this.#targets.set(alias, target);
    return this.value(target, path, depth + 1);
  }

  #map(pairs: readonly Pair[], path: ConfigPath, depth: number): object {
    const map: Record<string, unknown> = {};
    const lines = new Map<string, number>();
    for (const pair of pairs) {
      const key = keyText(pair);
      const place = this.#at(offsetOfNode(pair.key as Node | null));
      if (key === null || key === '__proto__') {
        this.faults.push({ ...place, path, message: 'found a key that is no plain word' });
        continue;
      }
      const first = lines.get(key);
      if (first !== undefined) {
        const message = `found twice; the first is on line ${first}`;
        this.faults.push({ ...place, path: [...path, key], message });
        continue;
      }
      lines.set(key, place.line);
      map[key] = this.value(pair.value as Node | null, [...path, key], depth + 1);
    }
    return map;
  }

  #exhaust(node: Node, path: ConfigPath, message: string): null {
    this.exhausted = true;
    this.faults.push({ ...this.#at(offsetOfNode(node)), path, message });
    return null;
  }
}

/** A key as it was written, so that a name such as 0x10 stays one; null for maps and lists. */
function keyText(pair: Pair): string | null {
  if (!isScalar(pair.key)) return null;
  const { value, source } = pair.key;
  if (typeof value === 'string') return value;
  return value === null ? null : (source ?? String(value));
}

function offsetOfNode(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

/** Finds where paths lead; the keys of a map are indexed the first time one is asked for. */
class Locator {
  readonly #document: Document.Parsed;
  readonly #pairs = new Map<Node, ReadonlyMap<string, Pair>>();

  constructor(document: Document.Parsed) {
    this.#document = document;
  }

  offset(path: ConfigPath, part: 'key' | 'value'): number {
    let node: Node | null = this.#document.contents;
    let offset = offsetOfNode(node);
    for (const [index, step] of path.entries()) {
      if (isAlias(node)) node = node.resolve(this.#document) ?? null;
      if (isMap(node)) {
        const pair = this.#pair(node, String(step));
        if (pair === undefined) return offset;
        node = pair.value as Node | null;
        const wantsKey = part === 'key' && index === path.length - 1;
        const compact = isScalar(node) || isAlias(node);
        offset = offsetOfNode(wantsKey || !compact ? (pair.key as Node | null) : node);
      } else if (isSeq(node) && typeof step === 'number' && step in node.items) {
        node = node.items[step] as Node | null;
        offset = offsetOfNode(node);
      } else {
        return offset;
      }
    }
    return offset;
  }

  #pair(map: YAMLMap, key: string): Pair | undefined {
    let pairs = this.#pairs.get(map);
    if (pairs === undefined) {
      const named = map.items.map((pair): [string, Pair] => [keyText(pair) ?? '', pair]);
      // Of a key written twice the first one counts, as in the values.
      pairs = new Map(named.reverse());
      this.#pairs.set(map, pairs);
    }
    return pairs.get(key);
  }
}
