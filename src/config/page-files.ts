/** Reads the files of pages, when a config is about to be used on this host. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { EffectiveConfig } from './effective.ts';
import type { ConfigPath, Finding } from './problem.ts';
import { settings } from './settings.ts';
import { parseSize } from './units.ts';

/** What page files hold, by their path. */
export type HeldPages = ReadonlyMap<string, Uint8Array>;

interface PageEntry {
  readonly body_file?: string | undefined;
}

interface Wanted {
  readonly file: string;
  readonly path: ConfigPath;
}

/**
 * Reads them all. One that cannot be read, or is too long, is a finding of that severity. Never throws.
 */
export function readPages(
  config: EffectiveConfig,
  unreadable: Finding['severity'],
): { readonly held: HeldPages; readonly findings: readonly Finding[] } {
  const held = new Map<string, Uint8Array>();
  const findings: Finding[] = [];
  for (const { file, path } of wantedPages(config)) {
    const known = held.get(file) ?? readPage(file);
    if (typeof known !== 'string') held.set(file, known);
    else findings.push({ severity: unreadable, path, part: 'value', message: known });
  }
  return { held, findings };
}

/** Every page of a file in the config, in its order. */
function wantedPages({ listeners }: EffectiveConfig): readonly Wanted[] {
  return Object.entries(listeners).flatMap(([name, listener]) => {
    if (listener.protocol !== 'http') return [];
    const base = ['listeners', name];
    const routes = listener.routes.flatMap((route, index) => {
      const at = [...base, 'routes', index];
      const { respond } = route;
      const fixed = typeof respond === 'object' ? pageAt(respond, [...at, 'respond']) : [];
      const users = route.basic_auth?.users;
      // It is read by who uses it, again and again; but one that is not there is a mistake now.
      const needed =
        users === undefined ? [] : [{ file: users, path: [...at, 'basic_auth', 'users'] }];
      return [...pagesOf(route, at), ...fixed, ...needed];
    });
    return [...pagesOf(listener, base), ...routes];
  });
}

interface PageOwner {
  readonly error_pages?: Readonly<Record<string, PageEntry>> | undefined;
  readonly maintenance?: PageEntry | undefined;
}

function pagesOf({ error_pages, maintenance }: PageOwner, path: ConfigPath): readonly Wanted[] {
  const pages = Object.entries(error_pages ?? {});
  return [
    ...pages.flatMap(([status, page]) => pageAt(page, [...path, 'error_pages', status])),
    ...pageAt(maintenance ?? {}, [...path, 'maintenance']),
  ];
}

function pageAt({ body_file: file }: PageEntry, path: ConfigPath): readonly Wanted[] {
  return file === undefined ? [] : [{ file, path: [...path, 'body_file'] }];
}

/** The bytes, or why there are none. */
function readPage(path: string): Uint8Array | string {
  let fd: number;
  try {
    // A pipe must not hold the start up.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const why = code === 'ENOENT' ? 'there is no such file' : `this user cannot read it (${code})`;
    return `${path}: ${why}`;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return `${path}: not a file`;
    const max = parseSize(settings.rewriting.bodyFileMax);
    if (max.ok && stat.size <= max.value) return readFileSync(fd);
    return `${path}: ${stat.size} bytes; allowed: up to ${settings.rewriting.bodyFileMax}`;
  } finally {
    closeSync(fd);
  }
}
