/**
 * YAML to plain values that remember where they stand. The conversion is ours, not the library's
 * `toJS`, so that duplicate keys, alias bombs, loops and odd keys end in a problem with a place.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
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

/** Parses YAML 1.2. Never throws. */
export function parseYaml(text: string): YamlTree {
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'silent',
    });
  } catch (error) {
    // The library recurses over the text, so absurd nesting overflows the stack before any bound
    // of ours is reached.
    const message = error instanceof RangeError ? 'nested too deeply' : (error as Error).message;
    const fault = { ...at(0), path: [], message };
    return { value: null, faults: [fault], fatal: true, place: () => at(0) };
  }
  const syntax = syntaxFaults(document, at);
  if (syntax.length > 0) {
    return { value: null, faults: syntax, fatal: true, place: () => at(0) };
  }
  const converter = new Converter(document, at);
  const value = converter.value(document.contents, [], 0);
  return {
    value,
    faults: converter.faults,
    fatal: converter.exhausted,
    place: (path, part = 'value') => at(offsetOf(document, path, part)),
  };
}

/** One fault per line: what follows on the same line is mostly an echo of the first. */
function syntaxFaults(document: Document.Parsed, at: (offset: number) => Place): YamlFault[] {
  const faults: YamlFault[] = [];
  for (const { pos, message } of [...document.errors, ...document.warnings]) {
    const place = at(pos[0]);
    if (faults.some((fault) => fault.line === place.line)) continue;
    faults.push({ ...place, path: [], message: `YAML: ${message}` });
  }
  if (document.directives.yaml.version !== '1.2') {
    const version = document.directives.yaml.version;
    faults.push({ ...at(0), path: [], message: `found %YAML ${version}; allowed: YAML 1.2` });
  }
  return faults;
}

class Converter {
  readonly faults: YamlFault[] = [];
  /** A bound was met, so the value is incomplete. */
  exhausted = false;
  readonly #document: Document.Parsed;
  readonly #at: (offset: number) => Place;
  #values = 0;

  constructor(document: Document.Parsed, at: (offset: number) => Place) {
    this.#document = document;
    this.#at = at;
  }

  value(node: Node | null, path: ConfigPath, depth: number): unknown {
    if (node === null || this.exhausted) return null;
    this.#values += 1;
    if (depth > nestingDepthMax) return this.#exhaust(node, path, 'nested too deeply');
    if (this.#values > valuesMax) {
      return this.#exhaust(
        node,
        path,
        `more than ${valuesMax} values once aliases are written out`,
      );
    }
    if (isAlias(node)) return this.value(node.resolve(this.#document) ?? null, path, depth + 1);
    if (isScalar(node)) return node.value;
    if (isSeq(node)) {
      return node.items.map((item, index) =>
        this.value(item as Node | null, [...path, index], depth + 1),
      );
    }
    return isMap(node) ? this.#map(node.items as Pair[], path, depth) : null;
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

function offsetOf(document: Document.Parsed, path: ConfigPath, part: 'key' | 'value'): number {
  let node: Node | null = document.contents;
  let offset = offsetOfNode(node);
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    if (isMap(node)) {
      const pair: Pair | undefined = (node.items as Pair[]).find((item) => keyText(item) === step);
      if (pair === undefined) return offset;
      node = pair.value as Node | null;
      const wantsKey = part === 'key' && index === path.length - 1;
      const compact = isScalar(node) || isAlias(node);
      offset = offsetOfNode(wantsKey || !compact ? (pair.key as Node | null) : node);
    } else if (isSeq(node) && typeof step === 'number') {
      const item: unknown = node.items[step];
      if (item === undefined) return offset;
      node = item as Node | null;
      offset = offsetOfNode(node);
    } else {
      return offset;
    }
  }
  return offset;
}
