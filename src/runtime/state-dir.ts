import { join } from 'node:path';
import { runtimeDir } from './runtime-dir.ts';

/** Of the package's units (StateDirectory=), and so of commands on such a host. */
const DEFAULT_DIR = '/var/lib/tandem';
const PACKAGED_RUNTIME_DIR = '/run/tandem';

/**
 * Where Tandem keeps what outlasts a reboot: TANDEM_STATE_DIR; else /var/lib/tandem; but with a runtime
 * directory of its own a node has everything there, so that two on one machine do not collide.
 */
export function stateDir(env: NodeJS.ProcessEnv): string {
  if (env.TANDEM_STATE_DIR) return env.TANDEM_STATE_DIR;
  const runtime = runtimeDir(env);
  return runtime === PACKAGED_RUNTIME_DIR ? DEFAULT_DIR : join(runtime, 'state');
}
