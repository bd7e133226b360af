/**
 * Writes the pages whose rows are shown by tests, docs/CONFORMANCE.md out of scripts/conformance/,
 * docs/HTTP-CHECKLIST.md out of scripts/http-checklist/ and docs/CACHE-CONFORMANCE.md out of
 * scripts/cache-checklist/: `npm run docs`. Refuses a table with an empty row, or with a test that does
 * not exist.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheIntroduction, cacheSubjects } from './cache-checklist/table.ts';
import { conformancePage, tableProblems } from './conformance/page.ts';
import { chapters } from './conformance/table.ts';
import { testTitles } from './conformance/test-titles.ts';
import { checklistPage, checklistProblems } from './http-checklist/page.ts';
import { subjects } from './http-checklist/table.ts';

const root = join(import.meta.dirname, '..');

/** A page that is made of a table. */
interface EvidencePage {
  /** From the top of the repository. */
  readonly path: string;
  text(): string;
  /** What is wrong with its table. */
  problems(): string[];
}

/** All of them. */
export const evidencePages: readonly EvidencePage[] = [
  {
    path: 'docs/CONFORMANCE.md',
    text: () => conformancePage(chapters),
    problems: () => tableProblems(chapters, titlesInRepository),
  },
  {
    path: 'docs/HTTP-CHECKLIST.md',
    text: () => checklistPage(subjects),
    problems: () => checklistProblems(subjects, titlesInRepository, sourceInRepository),
  },
  {
    path: 'docs/CACHE-CONFORMANCE.md',
    text: () => checklistPage(cacheSubjects, cacheIntroduction),
    problems: () => checklistProblems(cacheSubjects, titlesInRepository, sourceInRepository),
  },
];

const known = new Map<string, readonly string[]>();

/** The titles of the tests in a file of this repository; null when there is no such file. */
function titlesInRepository(file: string): readonly string[] | null {
  if (!existsSync(join(root, file))) return null;
  const titles = known.get(file) ?? testTitles(sourceInRepository(file));
  known.set(file, titles);
  return titles;
}

function sourceInRepository(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

if (import.meta.main) {
  for (const { path, text, problems } of evidencePages) {
    const found = problems();
    for (const problem of found) console.error(`${path}: ${problem}`);
    if (found.length > 0) process.exitCode = 1;
    else writeFileSync(join(root, path), text());
  }
}
