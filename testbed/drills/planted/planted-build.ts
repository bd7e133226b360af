/** A build of Tandem with a mistake in it, to see that a drill finds it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** A mistake somebody could make in the code that ships. */
export interface PlantedBug {
  readonly name: string;
  /** Below `dist`. */
  readonly file: string;
  /** What is there once, and what is there instead. */
  readonly right: string;
  readonly wrong: string;
}

export interface PlantedBuild extends Disposable {
  /** As `dist` of this checkout. */
  readonly dist: string;
}

/**
 * Copies the build of this checkout and plants the bug; disposing removes the copy. Throws an Error when
 * the code is not what the bug was made for.
 */
export function plant({ name, file, right, wrong }: PlantedBug): PlantedBuild {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-planted-'));
  const dist = join(folder, 'dist');
  cpSync(join(ROOT, 'dist'), dist, { recursive: true });
  for (const shared of ['node_modules', 'package.json']) {
    symlinkSync(join(ROOT, shared), join(folder, shared));
  }
  const code = readFileSync(join(dist, file), 'utf8');
  const parts = code.split(right);
  if (parts.length !== 2) {
    throw new Error(`${name}: ${file} has "${right}" ${parts.length - 1} times, not once`);
  }
  writeFileSync(join(dist, file), parts.join(wrong));
  return {
    dist,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}
