/** Whether a command may be run: who else could change what it does, and can its user run it? */

import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { CommandUser } from './command-user.ts';

const WRITABLE_BY_OTHERS = constants.S_IWGRP | constants.S_IWOTH;
/** In a folder with the sticky bit only a file's owner can replace the file. */
const STICKY = 0o1000;

/** The program to execute, or why it must not be. */
export type CommandFile =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly reason: string };

/**
 * Finds the program a command names (a path, or a name on `searchPath`) and checks that nobody but
 * root and its owner can write it or replace it: neither the file, behind symbolic links, nor a
 * folder above it is writable by group or others. `user`, where the script runs as another one than
 * this process, must be able to execute the file and to enter the folders; `commands` says in the refusal
 * what kind of command it is, in the plural. Called before every run, because all that can change.
 */
export async function checkCommandFile(
  program: string,
  searchPath: string,
  user: CommandUser | null,
  commands: string,
): Promise<CommandFile> {
  const path = await locate(program, searchPath);
  if (path === null) {
    return { ok: false, reason: `${program} is not an executable file` };
  }
  try {
    const target = await realpath(path);
    for (let at = target; ; at = dirname(at)) {
      const status = await stat(at);
      const { mode } = status;
      const sticky = at !== target && (mode & STICKY) !== 0;
      if ((mode & WRITABLE_BY_OTHERS) !== 0 && !sticky) {
        const octal = (mode & 0o7777).toString(8).padStart(4, '0');
        const which = at === target ? '' : ` (above ${target})`;
        const reason = `${at}${which} can be written by other users (mode ${octal}): not run`;
        return { ok: false, reason };
      }
      if (user !== null && !mayExecute(status, user)) {
        const what = at === target ? 'execute it' : `enter ${at}`;
        const reason = `${target}: ${commands} run as ${user.name}, who may not ${what}: not run`;
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

/** By the file's mode alone, which is all that counts for a user without capabilities or ACLs. */
function mayExecute({ mode, uid, gid }: Stats, user: CommandUser): boolean {
  if (uid === user.uid) return (mode & constants.S_IXUSR) !== 0;
  return (mode & (gid === user.gid ? constants.S_IXGRP : constants.S_IXOTH)) !== 0;
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
