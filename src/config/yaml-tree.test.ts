import { describe, expect, test } from 'vitest';
import { nestingDepthMax, valuesMax } from './limits.ts';
import { parseYaml } from './yaml-tree.ts';

function faults(text: string): readonly string[] {
  return parseYaml(text).faults.map(({ line, column, path, message }) => {
    return `${line}:${column} ${path.join('.')} ${message}`;
  });
}

test('maps, lists, scalars and aliases become plain values', () => {
  const text = 'a: &x [1, "2", true, ~, 0x10]\nb: { c: *x, 1: one, 0x10: hex }\n';
  expect(parseYaml(text)).toMatchObject({
    value: {
      a: [1, '2', true, null, 16],
      b: { c: [1, '2', true, null, 16], 1: 'one', '0x10': 'hex' },
    },
    faults: [],
    fatal: false,
  });
});

test('YAML 1.2: yes, on and 1:30 are text', () => {
  expect(parseYaml('[yes, on, 1:30, 0o17, 1_0]').value).toEqual(['yes', 'on', '1:30', 15, '1_0']);
});

describe('mistakes', () => {
  test.each([
    ['a: 1\n\tb: 2\n', '2:1  YAML: Tabs are not allowed as indentation'],
    ['a: [1, 2\nb: 3\n', '2:1  YAML: Flow sequence in block collection must be sufficiently'],
    ['a: !secret x\n', '1:4  YAML: Unresolved tag: !secret'],
    ['%YAML 1.1\n---\na: yes\n', '1:1  found %YAML 1.1; allowed: YAML 1.2'],
    ['a: 1\n---\nb: 2\n', '2:1  found a second document; allowed: one'],
  ])('%j cannot be trusted', (text, fault) => {
    const [first = ''] = faults(text);
    expect(first.startsWith(fault)).toBe(true);
    expect(parseYaml(text)).toMatchObject({ fatal: true, value: null });
  });

  test('a key written twice is found where it is, and the first one counts', () => {
    const text = 'a:\n  b: 1\n  c: 2\n  b: 3\n';
    expect(faults(text)).toEqual(['4:3 a.b found twice; the first is on line 2']);
    expect(parseYaml(text)).toMatchObject({ fatal: false, value: { a: { b: 1, c: 2 } } });
  });

  test('a key that is a list, nothing, or a trap', () => {
    const odd = 'found a key that is no plain word';
    expect(faults('? [a]\n: 1\n')).toEqual([`1:3  ${odd}`]);
    expect(faults('x: { ~: 1 }\n')).toEqual([`1:6 x ${odd}`]);
    const trap = parseYaml('a: { __proto__: { b: 1 } }\n');
    expect(trap.faults).toMatchObject([{ path: ['a'], message: odd }]);
    expect((trap.value as { a: { b?: number } }).a.b).toBeUndefined();
  });

  test('an alias without an anchor before it', () => {
    expect(faults('a: *b\nc: &b 1\n')).toEqual(['1:4 a found *b, but no &b before it']);
  });

  test('an alias bomb ends at the bound', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 10; i += 1) {
      lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`);
    }
    const tree = parseYaml(lines.join('\n'));
    expect(tree.fatal).toBe(true);
    expect(tree.faults).toHaveLength(1);
    expect(tree.faults[0]?.message).toBe(
      `more than ${valuesMax} values once aliases are written out`,
    );
  });

  test('an alias to what is around it ends at the bound', () => {
    expect(faults('a: &a { b: *a }\n')).toEqual([
      expect.stringContaining('nested more than 32 deep'),
    ]);
  });

  test('nesting ends at the bound, and far beyond it too', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}1${']'.repeat(depth)}`;
    expect(faults(nested(nestingDepthMax))).toEqual([]);
    expect(faults(nested(nestingDepthMax + 1))).toEqual([
      expect.stringContaining('nested more than 32 deep'),
    ]);
    expect(faults(nested(200_000))).toEqual([expect.stringContaining('nested more than 32 deep')]);
  });
});

describe('places', () => {
  const text = [
    'top:', // 1
    '  list:', // 2
    '    - one', // 3
    '    - { key: value, map: { x: 1 } }', // 4
    '  anchor: &here { y: 2 }', // 5
    '  alias: *here', // 6
  ].join('\n');
  const tree = parseYaml(text);

  test.each([
    [['top', 'list', 0], 'value', 3, 7],
    [['top', 'list', 1, 'key'], 'value', 4, 14],
    [['top', 'list', 1, 'key'], 'key', 4, 9],
    [['top', 'list', 1, 'map'], 'value', 4, 21],
    [['top', 'list', 1], 'value', 4, 7],
    [['top', 'list'], 'value', 2, 3],
    [['top', 'alias'], 'value', 6, 10],
    [['top', 'alias', 'y'], 'value', 5, 22],
    [['top', 'none'], 'value', 1, 1],
    [['top', 'list', 7], 'value', 2, 3],
    [['top', 'list', 0, 'deeper'], 'value', 3, 7],
    [[], 'value', 1, 1],
  ] as const)('%j (%s) is at %i:%i', (path, part, line, column) => {
    expect(tree.place(path, part)).toEqual({ line, column });
  });
});
