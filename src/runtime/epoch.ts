import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'keepalive.epoch';

/**
 * A number for this run of the agent, greater than that of every run before it on this host:
 * milliseconds since 1970, or one more than the last run's when the wall clock went back meanwhile.
 * The last one is kept in the runtime directory; after a reboot the clock alone decides.
 */
export function nextEpoch(runtimeDir: string, wallMs: number): number {
  const path = join(runtimeDir, FILE);
  const epoch = Math.max(wallMs, lastEpoch(path) + 1);
  try {
    writeFileSync(path, `${epoch}\n`);
  } catch {
    // The clock is nearly always enough, and an agent must not fail for want of this.
  }
  return epoch;
}

function lastEpoch(path: string): number {
  try {
    const last = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(last) && last > 0 ? last : 0;
  } catch {
    return 0;
  }
}
