import { type FSWatcher, watch } from 'node:fs';
import { fileState, foldersOf } from './folders.ts';
import { RECHECK_MS, SETTLE_MS } from './limits.ts';

/** Who is told, and how soon; times are for tests. */
export interface WatchOptions {
  /** Some of these files are others than before, or gone. */
  readonly changed: (paths: ReadonlySet<string>) => void;
  /** Watching works only by looking now and then: why. */
  readonly blind: (reason: string) => void;
  readonly settleMs?: number;
  readonly recheckMs?: number;
}

/**
 * Notices when files get another content, however that happens: written in place, renamed over, a link
 * on their way swapped. Folders are watched, not files, for a file that is replaced is never heard of
 * again. Looks by itself now and then: a folder that is renamed, or on NFS, says nothing.
 */
export class FileWatch {
  readonly #options: WatchOptions;
  readonly #states = new Map<string, string>();
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #recheck: NodeJS.Timeout;
  #settling: NodeJS.Timeout | null = null;
  #told = false;

  constructor(paths: Iterable<string>, options: WatchOptions) {
    this.#options = options;
    for (const path of paths) this.#states.set(path, fileState(path));
    this.#follow();
    this.#recheck = setInterval(() => this.#look(), options.recheckMs ?? RECHECK_MS);
    this.#recheck.unref();
  }

  close(): void {
    clearInterval(this.#recheck);
    if (this.#settling !== null) clearTimeout(this.#settling);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** Watches the folders that matter now, and no others. */
  #follow(): void {
    const wanted = new Set([...this.#states.keys()].flatMap((path) => foldersOf(path)));
    for (const [folder, watcher] of this.#watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#watch(folder);
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#heard());
      watcher.on('error', () => this.#lost(folder, watcher));
      this.#watchers.set(folder, watcher);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      // A folder that is not there yet is looked for, and that is no news: its file is missing too.
      if (code === 'ENOENT' || this.#told) return;
      this.#told = true;
      this.#options.blind(`${folder} cannot be watched (${code})`);
    }
  }

  #lost(folder: string, watcher: FSWatcher): void {
    watcher.close();
    this.#watchers.delete(folder);
    this.#heard();
  }

  /** Key and certificate are two files: one look when both should be there. */
  #heard(): void {
    if (this.#settling !== null) return;
    this.#settling = setTimeout(() => this.#look(), this.#options.settleMs ?? SETTLE_MS);
    this.#settling.unref();
  }

  #look(): void {
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = null;
    const changed = new Set<string>();
    for (const [path, known] of this.#states) {
      const state = fileState(path);
      if (state === known) continue;
      this.#states.set(path, state);
      changed.add(path);
    }
    this.#follow();
    if (changed.size > 0) this.#options.changed(changed);
  }
}
