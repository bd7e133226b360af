import type { CommandRunner } from '../../src/os/command-runner.ts';
import { shortage } from '../io/shortage.ts';
import { serverAddress } from '../upstream/identity.ts';
import { COMMAND_ERROR_CHARS_MAX } from './limits.ts';
import { type CheckOutcome, type CheckTarget, PASSED } from './probe.ts';

/** Which command, and what for. */
export interface CommandCheckConfig {
  /** Program and arguments; no shell. */
  readonly command: readonly string[];
  readonly upstream: string;
  readonly timeoutMs: number;
}

/**
 * Passes when the command ends with exit status 0 in time; it learns from its environment whom to
 * check. The first line of its output says what was wrong. Never rejects.
 */
export async function commandCheck(
  target: CheckTarget,
  { command, upstream, timeoutMs }: CommandCheckConfig,
  runner: CommandRunner,
): Promise<CheckOutcome> {
  const environment = {
    TANDEM_UPSTREAM: upstream,
    TANDEM_SERVER_ADDRESS: target.host,
    TANDEM_SERVER_PORT: String(target.port),
  };
  try {
    const outcome = await runner.run(command, timeoutMs, environment);
    if (outcome.passed) return PASSED;
    const lacking = outcome.errno === null ? undefined : shortage(outcome.errno);
    if (lacking !== undefined) return { kind: 'inconclusive', error: lacking };
    const said = outcome.output.trim().split('\n')[0]!.slice(0, COMMAND_ERROR_CHARS_MAX);
    return { kind: 'failed', error: `${command[0]} for ${serverAddress(target)}: ${said}` };
  } catch (error) {
    return { kind: 'inconclusive', error: (error as Error).message };
  }
}
