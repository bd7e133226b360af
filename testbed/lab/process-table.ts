/** The processes of a host, found through /proc by the network namespace they are in. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from './limits.ts';
import { monotonicMs } from './monotonic.ts';

export interface HostProcess {
  readonly pid: number;
  /** Arguments joined by blanks, as `ps` shows them. */
  readonly commandLine: string;
  /** Resident memory in bytes. */
  readonly residentBytes: number;
}

/** Identity of a process's network namespace, e.g. `net:[4026532248]`; null when it is gone. */
export function networkNamespaceOf(pid: number): string | null {
  return orNull(() => readlinkSync(`/proc/${pid}/ns/net`));
}

/** Living processes in a network namespace, zombies left out, lowest pid first. */
export function processesIn(namespace: string): readonly HostProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => networkNamespaceOf(pid) === namespace)
    .map(describe)
    .filter((entry) => entry !== null)
    .sort((left, right) => left.pid - right.pid);
}

/** Sends a signal; a process that has just gone is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * SIGKILLs every process of a network namespace but the spared ones, again until none is left: a
 * process may fork between the look and the blow. Rejects after {@link limits.killTimeoutMs}.
 */
export async function killAllIn(namespace: string, spared: ReadonlySet<number>): Promise<void> {
  const deadline = monotonicMs() + limits.killTimeoutMs;
  for (;;) {
    const alive = processesIn(namespace).filter((entry) => !spared.has(entry.pid));
    if (alive.length === 0) return;
    if (monotonicMs() > deadline) {
      throw new Error(`still alive after SIGKILL: ${alive.map((entry) => entry.commandLine)}`);
    }
    for (const { pid } of alive) signal(pid, 'SIGKILL');
    await delay(1);
  }
}

function describe(pid: number): HostProcess | null {
  return orNull(() => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    if (/^State:\s*[ZX]/m.test(status)) return null;
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    const residentKiB = Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? 0);
    return { pid, commandLine, residentBytes: residentKiB * 1024 };
  });
}

/** Null when the process went away while it was being read. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
