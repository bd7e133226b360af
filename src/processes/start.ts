import type { CompiledConfig, LoadResult } from '../config/index.ts';
import { formatProblem } from '../config/index.ts';
import { createLogger, type Logger, type LogIdentity } from '../log/logger.ts';
import { StartupError } from './startup-error.ts';

/** What every process of Tandem has once its config is read. */
export interface Started {
  readonly config: CompiledConfig;
  /** The file as it was read. */
  readonly bytes: Uint8Array;
  readonly log: Logger;
}

/**
 * Takes the loaded config into service: a bad one becomes a StartupError with every problem in it,
 * a good one a logger that has passed its warnings on.
 */
export function startWith(loaded: LoadResult, half: LogIdentity['half'], path: string): Started {
  if (!loaded.ok) {
    const lines = loaded.problems.map(formatProblem).join('\n');
    throw new StartupError(`${path} cannot be used; nothing was started:\n${lines}`);
  }
  const { config, bytes } = loaded;
  const log = createLogger(config.log.level, { half, node: config.node });
  // `tandem run` has said them once for both halves.
  if (half === 'run' || process.send === undefined) {
    for (const problem of loaded.problems) log.warn({}, formatProblem(problem));
  }
  return { config, bytes, log };
}
