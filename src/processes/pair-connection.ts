/** The agent's connection with its peer, out of the config and the host. */
import { systemClock } from '../../keepalive/index.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { Logger } from '../log/logger.ts';
import { PairLink, readSecret } from '../pair/index.ts';
import { tandemVersion } from '../runtime/version.ts';
import { StartupError } from './startup-error.ts';

/** Null without `pair`. Throws StartupError when the secret cannot be had, with the reason. */
export function readPairSecret({ pair }: AgentConfig): Buffer | null {
  if (pair === undefined) return null;
  const read = readSecret(pair.secret, process.env);
  if (!read.ok) throw new StartupError(`pair.secret: ${read.reason}`);
  return read.secret;
}

/** Not started; null without `pair`. */
export function connectPair(
  config: AgentConfig,
  secret: Buffer | null,
  log: Logger,
): PairLink | null {
  const { node, digest, pair } = config;
  if (pair === undefined || secret === null) return null;
  return new PairLink({
    config: pair,
    node,
    digest,
    version: tandemVersion(),
    secret,
    clock: systemClock,
    wallClock: Date.now,
    random: Math.random,
    log,
  });
}
