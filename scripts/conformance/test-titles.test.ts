import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testTitles } from './test-titles.ts';

const root = join(import.meta.dirname, '../..');
const titlesOf = (path: string) => testTitles(readFileSync(join(root, path), 'utf8'));

test('titles are joined by those of the describes around them', () => {
  const source = `
describe('one', () => {
  it('a', () => {});
  describe('two', () => {
    test("it's b", () => {});
  });
  it('c', () => {});
});
it('d', () => {});
`;
  expect(testTitles(source)).toEqual(['one > a', "one > two > it's b", 'one > c', 'd']);
});

test('types of cases are no titles', () => {
  const source = `
test.each<[string, () => Buffer]>([['a', () => b]])('%s', (name) => {});
`;
  expect(testTitles(source)).toEqual(['%s']);
});

test('chained calls and their tables are no titles', () => {
  const source = `
describe.skipIf(lacking('x (').length > 0).each(['IPv4', ')'] as const)(
  '%s of it',
  (family) => {
    describe.each([
      { who: 'ours' }, // a ) in a remark
    ])('the better is $who', () => {
      test.skipIf(!root())(
        'holds',
        async () => {},
      );
    });
  },
);
`;
  expect(testTitles(source)).toEqual(['%s of it > the better is $who > holds']);
});

test('tests of this repository are found as vitest names them', () => {
  expect(titlesOf('scripts/conformance/page.test.ts')).toContain(
    'a table > whose rows are full and whose tests exist is sound',
  );
  expect(titlesOf('testbed/lab/bfd-interop.lab.test.ts').length).toBeGreaterThan(0);
  expect(titlesOf('keepalive/virtual-router/timers.test.ts')).toContain(
    'Active_Down_Interval is three intervals and the skew',
  );
});
