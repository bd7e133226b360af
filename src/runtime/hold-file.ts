import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'keepalive.hold.json';

/** What the file said at the start of an agent. */
export type HoldRecord =
  | { readonly type: 'none' }
  /** Milliseconds since 1970. */
  | { readonly type: 'held'; readonly since: number }
  /** There is one that says nothing; `reason` is for an operator. */
  | { readonly type: 'broken'; readonly reason: string };

/**
 * That an operator wants no voluntary move, kept in the runtime directory so that a restart of the agent
 * forgets nothing; a reboot does.
 */
export class HoldFile {
  readonly path: string;

  constructor(runtimeDir: string) {
    this.path = join(runtimeDir, FILE);
  }

  /** Never throws. */
  read(): HoldRecord {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return code === 'ENOENT' ? { type: 'none' } : { type: 'broken', reason: code ?? message };
    }
    try {
      const { since } = JSON.parse(text) as { readonly since?: unknown };
      const at = typeof since === 'string' ? Date.parse(since) : Number.NaN;
      if (Number.isFinite(at)) return { type: 'held', since: at };
    } catch {
      // Told below.
    }
    return { type: 'broken', reason: 'it does not say since when' };
  }

  /** Why it could not be kept; null: it is. */
  write(since: number): string | null {
    try {
      // Whoever is killed in the middle of it has lost nothing.
      writeFileSync(`${this.path}.new`, `${JSON.stringify({ since: new Date(since) })}\n`);
      renameSync(`${this.path}.new`, this.path);
      return null;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }

  /** Why it is still there; null: it is not. */
  clear(): string | null {
    try {
      rmSync(this.path, { force: true });
      return null;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }
}
