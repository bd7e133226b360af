/**
 * Writes docs/CONFORMANCE.md from the table in scripts/conformance/: `npm run docs`. Refuses a table
 * with an empty row, or with a test that does not exist.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { conformancePage, tableProblems } from './conformance/page.ts';
import { chapters } from './conformance/table.ts';
import { testTitles } from './conformance/test-titles.ts';

const root = join(import.meta.dirname, '..');

/** Where the page is, from the top of the repository. */
export const conformancePath = 'docs/CONFORMANCE.md';

/** The titles of the tests in a file of this repository; null when there is no such file. */
export function titlesInRepository(file: string): readonly string[] | null {
  const path = join(root, file);
  return existsSync(path) ? testTitles(readFileSync(path, 'utf8')) : null;
}

if (import.meta.main) {
  const problems = tableProblems(chapters, titlesInRepository);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else writeFileSync(join(root, conformancePath), conformancePage(chapters));
}
