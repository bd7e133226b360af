import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { conformancePage, tableProblems } from './conformance/page.ts';
import { chapters } from './conformance/table.ts';
import { conformancePath, titlesInRepository } from './generate-conformance.ts';

test('every row of the conformance table names tests that exist', () => {
  expect(tableProblems(chapters, titlesInRepository)).toEqual([]);
});

test('docs/CONFORMANCE.md is what the table says now (npm run docs writes it)', () => {
  const page = readFileSync(join(import.meta.dirname, '..', conformancePath), 'utf8');
  expect(page).toBe(conformancePage(chapters));
});
