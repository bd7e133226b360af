/** Whether a health script may be run: who else could change what it does? */
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';

const WRITABLE_BY_OTHERS = constants.S_IWGRP | constants.S_IWOTH;
/** In a folder with the sticky bit only a file's owner can replace the file. */
const STICKY = 0o1000;

/** The program to execute, or why it must not be. */
export type ScriptFile =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly reason: string };

/**
 * Finds the program a command names (a path, or a name on `searchPath`) and checks that nobody but
 * root and its owner can write it or replace it: neither the file, behind symbolic links, nor a
 * folder above it is writable by group or others. Called before every run, because that can change.
 */
export async function checkScriptFile(program: string, searchPath: string): Promise<ScriptFile> {
  const path = await locate(program, searchPath);
  if (path === null) {
    return { ok: false, reason: `${program} is not an executable file` };
  }
  try {
    const target = await realpath(path);
    for (let at = target; ; at = dirname(at)) {
      const { mode } = await stat(at);
      const sticky = at !== target && (mode & STICKY) !== 0;
      if ((mode & WRITABLE_BY_OTHERS) !== 0 && !sticky) {
        const octal = (mode & 0o7777).toString(8).padStart(4, '0');
        const which = at === target ? '' : ` (above ${target})`;
        const reason = `${at}${which} can be written by other users (mode ${octal}): not run`;
        return { ok: false, reason };
      }
      if (at === dirname(at)) {
        return { ok: true, path };
      }
    }
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  }
}

async function locate(program: string, searchPath: string): Promise<string | null> {
  const candidates = program.includes('/')
    ? [program]
    : searchPath.split(':').map((folder) => join(folder, program));
  for (const candidate of candidates) {
    if (!isAbsolute(candidate)) {
      continue;
    }
    try {
      await access(candidate, constants.X_OK);
      if ((await stat(candidate)).isFile()) {
        return candidate;
      }
    } catch {
      // Not here.
    }
  }
  return null;
}
