import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HeldByRouter } from '../../keepalive/index.ts';

const FILE = 'keepalive.held.json';

/**
 * Which addresses an agent may have put on interfaces, kept in the runtime directory as long as
 * they may be there: whoever comes after one that was killed may have another configuration. What
 * cannot be written or read costs the memory, never the agent; a reboot clears both.
 */
export class HeldFile {
  readonly #path: string;

  constructor(runtimeDir: string) {
    this.#path = join(runtimeDir, FILE);
  }

  /** What the last agent noted, if it has not ended in order. */
  read(): readonly HeldByRouter[] {
    try {
      const found: unknown = JSON.parse(readFileSync(this.#path, 'utf8'));
      return Array.isArray(found) ? found.filter(isHeld) : [];
    } catch {
      return [];
    }
  }

  write(held: readonly HeldByRouter[]): void {
    try {
      // Whoever is killed in the middle of it has lost nothing.
      writeFileSync(`${this.#path}.new`, `${JSON.stringify(held)}\n`);
      renameSync(`${this.#path}.new`, this.#path);
    } catch {
      // Then the configuration is all that the next one knows.
    }
  }

  /** Nothing is there any more but `left`, if that. */
  clear(left: readonly HeldByRouter[] = []): void {
    if (left.length > 0) this.write(left);
    else rmSync(this.#path, { force: true });
  }
}

function isHeld(value: unknown): value is HeldByRouter {
  if (typeof value !== 'object' || value === null) return false;
  const { name, interface: device, family, vrid, addresses } = value as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    typeof device === 'string' &&
    (family === 4 || family === 6) &&
    Number.isInteger(vrid) &&
    Array.isArray(addresses) &&
    addresses.every(
      (one) => typeof one?.address === 'string' && Number.isInteger(one?.prefixLength),
    )
  );
}
