import { describe, expect, test } from 'vitest';
import { conformancePage, tableProblems } from './page.ts';
import {
  type Chapter,
  departure,
  departureUnlessStrict,
  met,
  type Requirement,
} from './requirement.ts';

const sound: Requirement = {
  section: '5.2.6',
  level: 'MUST',
  rule: 'Reserved bits are zero.',
  standing: met,
  shownBy: ['a.test.ts > outer > inner'],
};
const table = (...requirements: Requirement[]): Chapter[] => [
  { rfc: 9568, title: 'packets', requirements },
];
const titles = (file: string) => (file === 'a.test.ts' ? ['outer > inner'] : null);
const problems = (change: Partial<Requirement>) =>
  tableProblems(table({ ...sound, ...change }), titles);

describe('a table', () => {
  test('whose rows are full and whose tests exist is sound', () => {
    expect(problems({})).toEqual([]);
  });

  test.each([
    ['no test shows it', { shownBy: [] }],
    ['there is no b.test.ts', { shownBy: ['b.test.ts > outer > inner'] }],
    ['no such test: a.test.ts > inner', { shownBy: ['a.test.ts > inner'] }],
    ['an empty cell', { rule: '' }],
    ['an empty cell', { standing: departure('') }],
  ])('has a problem when %s', (problem, change) => {
    expect(problems(change)).toEqual([expect.stringContaining(problem)]);
  });
});

test('the page has a row for each requirement and counts them', () => {
  const other: Requirement = {
    ...sound,
    errata: [8301],
    rule: 'A | B.',
    standing: departureUnlessStrict('it is slow'),
  };
  const page = conformancePage(table(sound, other));
  expect(page).toContain('| 9568 | 2 | 1 | 0 | 1 | 0 |');
  expect(page).toContain(
    '| 5.2.6 | MUST | Reserved bits are zero. | met | [a.test.ts](../a.test.ts): outer > inner |',
  );
  expect(page).toContain(
    '| 5.2.6 (erratum 8301) | MUST | A \\| B. | **departure** (not with `strict_rfc`): it is slow |',
  );
});
