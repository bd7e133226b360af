/** Writes the reports of a run into `reports/`, which git ignores. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DrillResult } from './drill.ts';
import { drillReport } from './html-report.ts';
import { junitReport } from './junit-report.ts';

/** `reports/` of this checkout, or of the working folder where the checkout is read-only. */
export function reportsFolder(): string {
  const preferred = join(import.meta.dirname, '..', '..', 'reports');
  for (const folder of [preferred, join(process.cwd(), 'reports')]) {
    try {
      mkdirSync(folder, { recursive: true });
      return folder;
    } catch {
      // Not ours to write; try the next.
    }
  }
  throw new Error(`cannot write reports: ${preferred} and ./reports are not writable`);
}

/** Writes `NAME.json`, `NAME.xml` (JUnit) and `NAME.html`, and returns the path of the page. */
export function writeDrillReports(name: string, results: readonly DrillResult[]): string {
  const folder = reportsFolder();
  const page = join(folder, `${name}.html`);
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(folder, `${name}.xml`), junitReport(results));
  writeFileSync(page, drillReport(results));
  return page;
}
