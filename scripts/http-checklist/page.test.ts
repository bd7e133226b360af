import { describe, expect, test } from 'vitest';
import { checklistPage, checklistProblems } from './page.ts';
import { type ChecklistRow, departs, row } from './row.ts';

const sound = row('9112 6.3', 'A | B.', '400', 'a.test.ts > outer > %s [one case]');
const table = (...rows: ChecklistRow[]) => [{ title: 'Framing', rows }];
const problems = (change: Partial<ChecklistRow>) =>
  checklistProblems(
    table({ ...sound, ...change }),
    (file) => (file === 'a.test.ts' ? ['outer > %s', 'alone'] : null),
    () => "it.each(['one case'])",
  );

describe('a checklist', () => {
  test('whose rows are full and whose tests exist is sound', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ shownBy: ['a.test.ts > alone'] })).toEqual([]);
  });

  test.each([
    ['no test shows it', { shownBy: [] }],
    ['there is no b.test.ts', { shownBy: ['b.test.ts > alone [one case]'] }],
    ['no such test: a.test.ts > inner', { shownBy: ['a.test.ts > inner'] }],
    [
      'no such case: a.test.ts > outer > %s [other]',
      { shownBy: ['a.test.ts > outer > %s [other]'] },
    ],
    ['an empty cell', { rule: '' }],
    ['an empty cell', { answer: departs('') }],
  ])('has a problem when %s', (problem, change) => {
    expect(problems(change)).toEqual([expect.stringContaining(problem)]);
  });
});

test('the page has a row for each rule and counts them', () => {
  const page = checklistPage(table(sound, { ...sound, answer: departs('505, for safety') }));
  expect(page).toContain('| Framing | 2 | 1 | 1 | 0 |');
  expect(page).toContain(
    '| 9112 6.3 | A \\| B. | 400 | [a.test.ts](../a.test.ts): outer > %s [one case] |',
  );
  expect(page).toContain('| **departs**: 505, for safety |');
});
