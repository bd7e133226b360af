import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from '../json-schema.ts';
import { configSchema } from './index.ts';
import { type ReferenceKey, referenceKeys } from './reference.ts';

const fixtures = join(import.meta.dirname, '../fixtures');

function allKeys(keys: readonly ReferenceKey[]): readonly ReferenceKey[] {
  return keys.flatMap((key) => [key, ...allKeys(key.children)]);
}

const keys = allKeys(referenceKeys(configSchema));

test('every key says in sentences what it does, what it takes and what it is without', () => {
  expect(keys.length).toBeGreaterThan(70);
  for (const { path, doc, allowed, danger, default: byDefault } of keys) {
    expect([path, doc]).toEqual([path, expect.stringMatching(/^[A-Z`"].*\.$/s)]);
    expect([path, allowed]).toEqual([path, expect.stringMatching(/[^.]$/)]);
    expect([path, danger ?? 'None.']).toEqual([path, expect.stringMatching(/\.$/)]);
    if (byDefault !== null) expect(byDefault).not.toBe('');
  }
});

test('the fixture of every key has every key', () => {
  const found = new Set<string>();
  collect(parse(readFileSync(join(fixtures, 'every-key.yaml'), 'utf8')), '', found);
  expect(keys.map(({ path }) => path).filter((path) => !found.has(path))).toEqual([]);
});

/** Paths of a value as the reference writes them: names become NAME, list items []. */
function collect(value: unknown, path: string, found: Set<string>): void {
  found.add(path);
  if (Array.isArray(value)) for (const item of value) collect(item, `${path}[]`, found);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      const named = keys.some((one) => one.path === path && one.kind === 'named');
      const step = named ? 'NAME' : key;
      collect(child, path === '' ? step : `${path}.${step}`, found);
    }
  }
}

interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | false;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

function maps(schema: JsonSchema): readonly JsonSchema[] {
  const inside = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.additionalProperties ? [schema.additionalProperties] : []),
    ...(schema.items ? [schema.items] : []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
  ];
  return [...(schema.properties ? [schema] : []), ...inside.flatMap(maps)];
}

test('the JSON Schema describes every key and takes no other', () => {
  const all = maps(configJsonSchema() as JsonSchema);
  expect(all.length).toBeGreaterThan(12);
  for (const { properties = {}, additionalProperties } of all) {
    expect(additionalProperties).toBe(false);
    for (const { description } of Object.values(properties)) {
      expect(description).toMatch(/\nAllowed: .*(Required|Default: .*)\./s);
    }
  }
});

test('what zod is lenient about in order to explain it, the JSON Schema is not', () => {
  // VRRP versions are the one place where a number, and not an integer, is meant: const 2 and 3.
  const text = JSON.stringify(configJsonSchema()).replaceAll('"type":"number","const"', '');
  expect(text).toContain('"pattern":"^[0-9]+(ms|s|m|h)$"');
  expect(text).toContain('"pattern":"^[0-9]+(KiB|MiB|GiB)?$"');
  // Numbers that need not be whole have bounds.
  expect(text).not.toMatch(/"type":"number"(?!,"minimum")/);
});
