import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '../processes/startup-error.ts';

/** Names of the sockets in the runtime directory. */
export const SOCKETS = {
  /** The agent listens; the balancer's connection is its sign of life. */
  agent: 'agent.sock',
  /** Control sockets of the halves (HTTP). */
  keepalive: 'keepalive.sock',
  proxy: 'proxy.sock',
  /** The agent's events, as JSON lines. */
  events: 'events.sock',
} as const;

const DEFAULT_DIR = '/run/tandem';

/**
 * Where a running Tandem is looked for: TANDEM_RUNTIME_DIR; else /run/tandem when it is there, even
 * if this user may not look inside; else XDG_RUNTIME_DIR/tandem.
 */
export function runtimeDir(env: NodeJS.ProcessEnv): string {
  return chooseDir(env, isDirectory(DEFAULT_DIR));
}

/**
 * Where a process of Tandem keeps its sockets and state: TANDEM_RUNTIME_DIR; else /run/tandem when
 * this user can have it; else XDG_RUNTIME_DIR/tandem, so that a plain balancer needs no privileges.
 * Creates the directory, not its parents. Throws a StartupError that names it and the way out.
 */
export function ensureRuntimeDir(env: NodeJS.ProcessEnv): string {
  const dir = chooseDir(env, writable(DEFAULT_DIR) || process.getuid?.() === 0);
  try {
    if (!isDirectory(dir)) mkdirSync(dir, { mode: 0o755 });
    accessSync(dir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new StartupError(
      `cannot use the runtime directory ${dir} (${reason}): ` +
        'set TANDEM_RUNTIME_DIR to a directory this user can write',
    );
  }
  return dir;
}

function chooseDir(env: NodeJS.ProcessEnv, defaultFits: boolean): string {
  if (env.TANDEM_RUNTIME_DIR) return env.TANDEM_RUNTIME_DIR;
  if (defaultFits || !env.XDG_RUNTIME_DIR) return DEFAULT_DIR;
  return join(env.XDG_RUNTIME_DIR, 'tandem');
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function writable(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK);
    return isDirectory(dir);
  } catch {
    return false;
  }
}
