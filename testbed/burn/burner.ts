/**
 * `node testbed/burn/burner.ts SECONDS`: keeps one core busy at normal priority, and ends by itself.
 * An orphan ends as well: whoever started it is gone.
 */
import { burnLimits } from './limits.ts';

const seconds = Math.min(Number(process.argv[2]), burnLimits.secondsMax);
const deadline = performance.now() + seconds * 1000;
const parent = process.ppid;
let sink = 0;
while (performance.now() < deadline && process.ppid === parent) {
  for (let n = 0; n < 5_000_000; n++) sink = (sink * 31 + n) >>> 0;
}
process.exitCode = sink === -1 ? 1 : 0;
