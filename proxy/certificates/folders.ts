import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LINKS_MAX } from './limits.ts';

/**
 * The folders in which something changes when the path leads to another file: its own, and those of
 * every link on the way. ACME clients swap one link in a folder, Kubernetes one of a whole folder.
 */
export function foldersOf(path: string): readonly string[] {
  const folders = new Set<string>();
  let rest = path.split('/').filter((part) => part !== '');
  let at = '/';
  for (let links = 0; rest.length > 0; ) {
    const [part = '', ...others] = rest;
    const here = join(at, part);
    const target = linkTarget(here);
    if (target === null) {
      if (others.length === 0) folders.add(at);
      at = here;
      rest = others;
      continue;
    }
    folders.add(at);
    links++;
    if (links > LINKS_MAX) break;
    if (target.startsWith('/')) at = '/';
    rest = [...target.split('/').filter((one) => one !== '' && one !== '.'), ...others];
  }
  return [...folders];
}

function linkTarget(path: string): string | null {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null;
  } catch {
    return null;
  }
}

/** Tells one content of a file from another without reading it; never throws. */
export function fileState(path: string): string {
  try {
    const { ino, mtimeNs, ctimeNs, size } = statSync(path, { bigint: true });
    return `${realpathSync(path)} ${ino} ${mtimeNs} ${ctimeNs} ${size}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
