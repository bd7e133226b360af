/**
 * The last configs that were applied, so that the one before can be had again: `tandem rollback`. A file
 * each, named by its digest, with the bytes that were read; its time of change is when it was applied last.
 * So a config that is applied again is not kept twice, and both halves may write it at the same moment.
 * Files that the config names (secrets, certificates, pages) are not in it.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  chown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HISTORY_MAX } from './limits.ts';

const NAME = /^([0-9a-f]{64})\.yaml$/;

/** One applied config. */
export interface HistoryEntry {
  /** SHA-256 of the file, hex. */
  readonly digest: string;
  /** When it was applied last, ms since 1970. */
  readonly appliedAtMs: number;
  /** Where its bytes are. */
  readonly path: string;
}

/** See the file's comment. */
export class ConfigHistory {
  readonly folder: string;

  constructor(stateDir: string) {
    this.folder = join(stateDir, 'history');
  }

  /**
   * Keeps these bytes as what was applied at that time, and forgets the oldest beyond HISTORY_MAX, but not
   * that of digest `spared`. Resolves to why that could not be, for an operator; null: it is done.
   */
  async record(
    digest: string,
    bytes: Uint8Array,
    appliedAtMs: number,
    spared: string | null = null,
  ): Promise<string | null> {
    const path = join(this.folder, `${digest}.yaml`);
    // Whoever is killed in the middle of it has lost nothing; the other half may be writing the same.
    const draft = `${path}.${randomUUID()}.new`;
    try {
      const owner = await this.#makeFolder();
      await writeFile(draft, bytes, { mode: 0o600 });
      const at = new Date(appliedAtMs);
      await utimes(draft, at, at);
      // What root writes must be readable for the user that the halves run as.
      if (process.getuid?.() === 0) await chown(draft, owner.uid, owner.gid);
      await rename(draft, path);
      for (const old of (await this.list()).slice(HISTORY_MAX)) {
        if (old.digest !== spared) await rm(old.path, { force: true });
      }
      return null;
    } catch (error) {
      // On a full disk every attempt would leave one.
      await rm(draft, { force: true }).catch(() => {});
      return `${this.folder}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
    }
  }

  /** Newest first; what is there and is no config of ours is passed over. Rejects when it may not be read. */
  async list(): Promise<readonly HistoryEntry[]> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const found = await Promise.all(
      names.map(async (name): Promise<HistoryEntry[]> => {
        const digest = NAME.exec(name)?.[1];
        if (digest === undefined) return [];
        const path = join(this.folder, name);
        // The other half may have removed it just now.
        const known = await stat(path).catch(() => null);
        return known === null ? [] : [{ digest, appliedAtMs: known.mtimeMs, path }];
      }),
    );
    return found.flat().sort((a, b) => b.appliedAtMs - a.appliedAtMs);
  }

  /** Its bytes; null when they are not what its name says any more. Rejects when they cannot be read. */
  async read({ digest, path }: HistoryEntry): Promise<Buffer | null> {
    const bytes = await readFile(path);
    return createHash('sha256').update(bytes).digest('hex') === digest ? bytes : null;
  }

  /** Harmless when it is not there. */
  async forget(digest: string): Promise<void> {
    await rm(join(this.folder, `${digest}.yaml`), { force: true });
  }

  async #makeFolder(): Promise<{ readonly uid: number; readonly gid: number }> {
    await mkdir(dirname(this.folder), { recursive: true, mode: 0o750 });
    const owner = await stat(dirname(this.folder));
    const made = await mkdir(this.folder, { recursive: true, mode: 0o700 });
    if (made !== undefined && process.getuid?.() === 0) {
      await chown(this.folder, owner.uid, owner.gid);
    }
    return owner;
  }
}
