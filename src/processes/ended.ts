import type { constants } from 'node:os';
import { runtimeDir } from '../runtime/runtime-dir.ts';
import { UringRecord } from '../runtime/uring-record.ts';

/** What the kernel sends a process that does what it must not, and what a process sends itself in despair. */
const CRASHES: ReadonlySet<string> = new Set<keyof typeof constants.signals>([
  'SIGSEGV',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
  'SIGTRAP',
  'SIGABRT',
  'SIGSYS',
]);

/**
 * A balancer has ended, of this signal or of none. Who was killed from outside (an operator, the OOM killer) has not
 * crashed, which it could not say for itself.
 */
export function balancerEnded(signal: string | null, directory: string): void {
  if (signal === null || !CRASHES.has(signal)) new UringRecord(directory).forgive();
}

/** `tandem proxy --ended`, for the ExecStopPost of its unit: systemd has put into the environment how. */
export function balancerEndedSaysSystemd(env: NodeJS.ProcessEnv): void {
  const { EXIT_CODE: how, EXIT_STATUS: status } = env;
  // Not called by systemd, or the balancer never ran.
  if (how === undefined || status === undefined) return;
  balancerEnded(how === 'exited' ? null : `SIG${status}`, runtimeDir(env));
}
