/** docs/MIGRATING.md names only keys that there are, with the defaults that they have. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configJsonSchema } from '../src/config/index.ts';

const PAGE = join(import.meta.dirname, '..', 'docs', 'MIGRATING.md');

/** What the page's notation stands for. */
const LONG: Readonly<Record<string, string>> = {
  V: 'virtual_routers.NAME',
  U: 'upstreams.NAME',
  L: 'listeners.NAME',
  R: 'listeners.NAME.routes[]',
};

interface Schema {
  readonly default?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
}

const SCHEMA = configJsonSchema() as Schema;

/** A name that the operator chooses, or a status. */
const FREE = /^([A-Z]+|\d+)$/;

function step(schema: Schema, word: string): readonly Schema[] {
  const { anyOf = [], oneOf = [], items, properties, additionalProperties: others } = schema;
  const below = [...anyOf, ...oneOf].flatMap((each) => step(each, word));
  const named = word === '[]' ? items : properties?.[word];
  if (named !== undefined) return [named, ...below];
  return FREE.test(word) && typeof others === 'object' ? [others, ...below] : below;
}

/** Every place in the schema that a path leads to; none: there is no such key. */
function find(path: string): readonly Schema[] {
  const words = path.replaceAll('[]', '.[]').split('.');
  return words.reduce<readonly Schema[]>(
    (places, word) => places.flatMap((place) => step(place, word)),
    [SCHEMA],
  );
}

/** The keys of a cell; one that begins with a dot stands for the last word of the one before. */
function keysOf(cell: string): readonly string[] {
  const keys: string[] = [];
  for (const [, token] of cell.matchAll(
    /`([VULR]?\.[^`]*|(?:\w+_limits|caches|health_scripts)\.[^`]+)`/g,
  )) {
    const key = /^[\w.[\]]+/.exec(token!)![0];
    const before = keys.at(-1);
    if (!token!.startsWith('.')) keys.push(key.replace(/^[VULR](?=\.)/, (one) => LONG[one]!));
    else if (before !== undefined) keys.push(before.replace(/\.[\w[\]]+$/, key));
  }
  return keys;
}

const rows = readFileSync(PAGE, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split(' | '));
const named = rows.flatMap(([, tandem = '']) => keysOf(tandem));

test('the tables are read', () => {
  expect(named).toContain('upstreams.NAME.passive.fail_timeout');
  expect(named.length).toBeGreaterThan(300);
});

test('every key in a table is one', () => {
  expect(named.filter((key) => find(key).length === 0)).toEqual([]);
});

test('a default in a table is the default of the first key beside it', () => {
  const told = rows.flatMap(([, tandem = '', note = '']) => {
    const said = /default \*\*([^*]+)\*\*/.exec(note)?.[1];
    const defaults = find(keysOf(tandem)[0] ?? '').map((place) => place.default);
    const known = defaults.filter((value) => value !== undefined).map(String);
    return said === undefined || known.length === 0 ? [] : [{ tandem, said, known }];
  });
  expect(told.length).toBeGreaterThan(10);
  for (const { tandem, said, known } of told) expect(known, tandem).toContain(said);
});
