import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Names of the sockets in the runtime directory. */
export const SOCKETS = {
  /** The agent listens; the balancer's connection is its sign of life. */
  agent: 'agent.sock',
  /** Control sockets of the halves (HTTP). */
  keepalive: 'keepalive.sock',
  proxy: 'proxy.sock',
} as const;

const DEFAULT_DIR = '/run/tandem';

/**
 * Where sockets and state live: TANDEM_RUNTIME_DIR; else /run/tandem when this user can have it;
 * else XDG_RUNTIME_DIR/tandem, so that a plain balancer needs no privileges.
 */
export function runtimeDir(env: NodeJS.ProcessEnv): string {
  if (env.TANDEM_RUNTIME_DIR) return env.TANDEM_RUNTIME_DIR;
  if (usable(DEFAULT_DIR) || !env.XDG_RUNTIME_DIR) return DEFAULT_DIR;
  return join(env.XDG_RUNTIME_DIR, 'tandem');
}

/**
 * Creates the directory when missing.
 * Throws an Error that names the directory and the way out when it cannot be had.
 */
export function ensureRuntimeDir(env: NodeJS.ProcessEnv): string {
  const dir = runtimeDir(env);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o755 });
    accessSync(dir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new Error(
      `cannot use the runtime directory ${dir} (${reason}): ` +
        'set TANDEM_RUNTIME_DIR to a directory this user can write',
    );
  }
  return dir;
}

function usable(dir: string): boolean {
  try {
    if (!statSync(dir).isDirectory()) return false;
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return process.getuid?.() === 0;
  }
}
