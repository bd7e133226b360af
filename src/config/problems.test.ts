import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkSource } from './check.ts';
import { formatProblem } from './problem.ts';
import { sourceFromBytes } from './source.ts';

/**
 * Every file of fixtures/problems/ and beside it the exact lines an operator reads. A changed
 * message is reviewed as a changed golden: UPDATE_GOLDEN=1 writes them anew.
 */
const folder = join(import.meta.dirname, 'fixtures/problems');
const files = globSync(join(folder, '*.yaml')).sort();

describe('wrong configs', () => {
  test.each(files.map((file) => basename(file, '.yaml')))('%s', (name) => {
    const bytes = readFileSync(join(folder, `${name}.yaml`));
    const checked = checkSource(sourceFromBytes(`${name}.yaml`, bytes), `${name}.yaml`);
    const lines = `${checked.problems.map(formatProblem).join('\n')}\n`;
    const golden = join(folder, `${name}.golden`);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, lines);
    expect(lines).toBe(readFileSync(golden, 'utf8'));
    const refused = checked.problems.some(({ severity }) => severity === 'error');
    expect(checked.config === null).toBe(refused);
  });

  test('there are some', () => {
    expect(files.length).toBeGreaterThan(15);
  });
});
