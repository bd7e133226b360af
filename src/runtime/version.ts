/** Which Tandem this is. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Version out of the nearest package.json above this file, in a checkout and in dist/ alike. */
export function tandemVersion(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, 'utf8'));
    if (name === 'tandem') return version;
  }
  return 'unknown';
}
