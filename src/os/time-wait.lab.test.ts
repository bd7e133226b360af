/** Ends what is left of connections; in a network namespace of its own, where nobody else has any. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const STORY = fileURLToPath(new URL('time-wait.case.ts', import.meta.url));

it('ends connections in TIME_WAIT on one address, and no other', () => {
  const script = 'ip link set lo up && exec "$0" "$1"';
  const output = execFileSync('unshare', ['-rn', 'sh', '-c', script, process.execPath, STORY], {
    encoding: 'utf8',
  });
  expect(JSON.parse(output)).toEqual({ before: [50, 50], after: [0, 50], live: 1 });
});
