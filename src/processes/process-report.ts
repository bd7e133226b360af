import type { ProcessReport } from '../control/config-report.ts';
import { tandemVersion } from '../runtime/version.ts';

/** Read at the start: an upgrade puts the files of another version in their place. */
const version = tandemVersion();

/** Of this process. */
export function processReport(): ProcessReport {
  return { version, pid: process.pid };
}
