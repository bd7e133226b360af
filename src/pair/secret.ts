/** Reads the pair's secret where the config says that it is. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { SecretSource } from '../config/agent-config.ts';
import { secretBytesMax, secretBytesMin } from './limits.ts';

/** The secret, or why there is none; `warning`: it is there, and others can read it. */
export type Secret =
  | { readonly ok: true; readonly secret: Buffer; readonly warning: string | null }
  | { readonly ok: false; readonly reason: string };

const OTHERS_MAY_READ = 0o004;

/** Never throws. White space around the secret does not count: editors leave a line end. */
export function readSecret(source: SecretSource, env: NodeJS.ProcessEnv): Secret {
  const found = source.type === 'env' ? fromEnvironment(source.name, env) : fromFile(source.path);
  if (!found.ok) return found;
  const secret = Buffer.from(found.text.trim());
  const where = source.type === 'env' ? `the variable ${source.name}` : source.path;
  if (secret.length < secretBytesMin || secret.length > secretBytesMax) {
    const reason =
      `${where} holds ${secret.length} bytes; needed: ${secretBytesMin} to ${secretBytesMax}, ` +
      'such as what `openssl rand -base64 32` prints';
    return { ok: false, reason };
  }
  return { ok: true, secret, warning: found.warning };
}

type Found =
  | { readonly ok: true; readonly text: string; readonly warning: string | null }
  | { readonly ok: false; readonly reason: string };

function fromEnvironment(name: string, env: NodeJS.ProcessEnv): Found {
  const text = env[name];
  if (text === undefined) return { ok: false, reason: `the variable ${name} is not set` };
  return { ok: true, text, warning: null };
}

function fromFile(path: string): Found {
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
    // White space around it included.
    const bytes = Buffer.alloc(2 * secretBytesMax);
    const length = readSync(fd, bytes);
    const open = (stat.mode & OTHERS_MAY_READ) !== 0;
    const warning = open ? `every user of this host can read ${path}: chmod o-r ${path}` : null;
    return { ok: true, text: bytes.toString('utf8', 0, length), warning };
  } finally {
    closeSync(fd);
  }
}
