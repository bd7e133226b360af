import { createCommandRunner } from '../../src/os/command-runner.ts';
import type { Logger, ScriptRunner } from '../ports.ts';

/** Runs health scripts and notifications, without any of the agent's rights. */
export function createScriptRunner(log: Logger): ScriptRunner {
  return createCommandRunner({
    commands: 'health scripts',
    process: 'the agent',
    warn: (fields, message) => log.warn(fields, message),
  });
}
