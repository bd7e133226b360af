/** Drill results for a CI server: JUnit's XML, a test case for each drill. Pure. */
import type { DrillResult } from './drill.ts';
import { verdict } from './result-text.ts';
import { escapeXml } from './timeline-svg.ts';

/** The whole document. */
export function junitReport(results: readonly DrillResult[]): string {
  const failures = results.filter(({ passed, error }) => !passed && error === null).length;
  const errors = results.filter(({ error }) => error !== null).length;
  const counts = `tests="${results.length}" failures="${failures}" errors="${errors}"`;
  const cases = results.map(testCase).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="drills" ${counts}>\n${cases}\n</testsuite>\n`;
}

function testCase(result: DrillResult): string {
  const { name, stack, place, advertMs, timeline } = result;
  const seconds = timeline === null ? 0 : (timeline.toMs - timeline.fromMs) / 1000;
  const group = escapeXml(`${stack}.${place}.${advertMs}ms`);
  const head = `  <testcase classname="${group}" name="${escapeXml(name)}" time="${seconds.toFixed(1)}">`;
  return `${head}\n${outcome(result)}\n  </testcase>`;
}

function outcome(result: DrillResult): string {
  const text = escapeXml(verdict(result).text);
  if (result.error !== null) {
    return `    <error message="${text}">${escapeXml(result.error)}</error>`;
  }
  return result.passed
    ? `    <system-out>${text}</system-out>`
    : `    <failure message="${text}"/>`;
}
