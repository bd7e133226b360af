/** Reads a secret where the config says that it is: a file, or a variable of the environment. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { SecretSource } from './agent-config.ts';
import { secretTextBytesMax } from './limits.ts';

/** The text, or why there is none; `warning`: it is there, and others can read it. */
export type SecretText =
  | { readonly ok: true; readonly text: string; readonly warning: string | null }
  | { readonly ok: false; readonly reason: string };

const OTHERS_MAY_READ = 0o004;

/** Never throws. White space around the secret does not count: editors leave a line end. */
export function readSecretText(source: SecretSource, env: NodeJS.ProcessEnv): SecretText {
  const found = source.type === 'env' ? fromEnvironment(source.name, env) : fromFile(source.path);
  return found.ok ? { ...found, text: found.text.trim() } : found;
}

/** How messages name the place. */
export function secretPlace(source: SecretSource): string {
  return source.type === 'env' ? `the variable ${source.name}` : source.path;
}

function fromEnvironment(name: string, env: NodeJS.ProcessEnv): SecretText {
  const text = env[name];
  if (text === undefined) return { ok: false, reason: `the variable ${name} is not set` };
  return { ok: true, text, warning: null };
}

function fromFile(path: string): SecretText {
  let fd: number;
  try {
    // A pipe must not hold the start up.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const why = code === 'ENOENT' ? 'there is no such file' : `this user cannot read it (${code})`;
    return { ok: false, reason: `${path}: ${why}` };
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return { ok: false, reason: `${path}: not a file` };
    const bytes = Buffer.alloc(secretTextBytesMax);
    const length = readSync(fd, bytes);
    const open = (stat.mode & OTHERS_MAY_READ) !== 0;
    const warning = open ? `every user of this host can read ${path}: chmod o-r ${path}` : null;
    return { ok: true, text: bytes.toString('utf8', 0, length), warning };
  } finally {
    closeSync(fd);
  }
}
