/** What `tandem doctor` found, for a person. Pure. */
import { countVerdicts, type Found } from '../../doctor/examination.ts';
import { columns } from '../output.ts';

/** A table with what to do below each line that needs it, and the sum at its end. */
export function doctorView(found: readonly Found[]): string {
  const rows = columns(
    found.map(({ verdict, check, what, reason }) => [verdict, check, `${what}: ${reason}`]),
  );
  // What is to be done stands below what it is about.
  const indent = ' '.repeat(Math.max(0, ...found.map(({ verdict }) => verdict.length)));
  const lines = found.flatMap(({ remedy }, at) =>
    remedy === null ? [rows[at]!] : [rows[at]!, `${indent}  -> ${remedy}`],
  );
  return [...lines, '', sumText(found)].join('\n');
}

function sumText(found: readonly Found[]): string {
  const { ok, warn, bad, unknown } = countVerdicts(found);
  const parts = [`${ok} ok`, `${warn} warn`, `${bad} bad`, `${unknown} unknown`];
  const whole = `${found.length} checks: ${parts.join(', ')}`;
  const root = unknown > 0 && process.getuid?.() !== 0 ? '; with sudo it can see more' : '';
  return `${whole}${root}`;
}
