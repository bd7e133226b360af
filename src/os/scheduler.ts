/**
 * Real-time scheduling for the agent: under SCHED_RR its timers are not late because of what other
 * processes do. Asked for by the process itself, since a unit that demands it does not start at all
 * where the kernel refuses (RT_GROUP_SCHED).
 */
import { readdirSync } from 'node:fs';
import { OsError } from './errors.ts';
import { errno, libc } from './libc.ts';

const SCHED_OTHER = 0;
const SCHED_RR = 2;
/** What a thread starts is normal again: a health script must not run with real-time priority. */
const SCHED_RESET_ON_FORK = 0x40000000;
const ESRCH = 3;

/**
 * Above everything normal, below the kernel's own threads (50). The main thread has one more: what
 * compiles or reads files for it must run, but at equal priority could keep it off its core for the
 * whole time slice of SCHED_RR, 100 ms.
 */
const REAL_TIME_PRIORITY = 10;

/** How many threads were changed, or why the kernel refused (EPERM in most containers). */
export type SchedulingResult =
  | { readonly ok: true; readonly threads: number }
  | { readonly ok: false; readonly code: string; readonly error: OsError };

/**
 * Puts all threads that this process has now under SCHED_RR: `priority`, 1 to 98, is that of the
 * helper threads, the main thread has one more. Refusal is a
 * result, not an exception; threads changed before it are put back.
 */
export function requestRealTime(priority: number = REAL_TIME_PRIORITY): SchedulingResult {
  const result = schedule(SCHED_RR | SCHED_RESET_ON_FORK, priority, `SCHED_RR, ${priority}`);
  if (!result.ok) {
    requestNormal();
  }
  return result;
}

/** Puts all threads back under the normal scheduler. */
export function requestNormal(): SchedulingResult {
  // Without CAP_SYS_NICE the flag cannot be taken away again, so it stays.
  return schedule(SCHED_OTHER | SCHED_RESET_ON_FORK, 0, 'SCHED_OTHER');
}

function schedule(policy: number, priority: number, detail: string): SchedulingResult {
  const param = new Uint8Array(4);
  const view = new DataView(param.buffer);
  let threads = 0;
  for (const thread of readdirSync('/proc/self/task')) {
    const first = priority > 0 && Number(thread) === process.pid;
    view.setInt32(0, first ? priority + 1 : priority, true);
    if (libc().sched_setscheduler(Number(thread), policy, param) === 0) {
      threads++;
      continue;
    }
    const code = errno();
    // A thread that ended meanwhile needs nothing.
    if (code !== ESRCH) {
      const error = new OsError('sched_setscheduler', code, `thread ${thread}, ${detail}`);
      return { ok: false, code: error.code, error };
    }
  }
  return { ok: true, threads };
}
