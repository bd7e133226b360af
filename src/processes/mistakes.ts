import { formatProblem } from '../config/index.ts';
import { loadHere, type ProcessOptions } from './load-in-worker.ts';

/** What keeps this host from running with a file, as `file:line:column: ...`; none: it could. */
export function mistakesIn(options: ProcessOptions): readonly string[] {
  const loaded = loadHere(options);
  if (loaded.ok) return [];
  return loaded.problems.filter(({ severity }) => severity === 'error').map(formatProblem);
}
