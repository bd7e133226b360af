/** What a half may do on this host: the process that runs, else the package's unit, else this user. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { type CapabilityName, capabilitiesIn } from '../os/capabilities.ts';
import { textOf } from './host-files.ts';
import type { HalfName, Rights } from './subject.ts';

const UNITS: Readonly<Record<HalfName, string>> = {
  agent: 'tandem-keepalive.service',
  balancer: 'tandem-proxy.service',
};
/** A service manager that hangs is not waited for. */
const SYSTEMCTL_MAX_MS = 2_000;

/** Of the process; null when it is gone. */
export function rightsOfProcess(pid: number): Rights | null {
  const limits = textOf(`/proc/${pid}/limits`);
  const status = textOf(`/proc/${pid}/status`);
  if (limits === null || status === null) return null;
  return {
    from: 'process',
    openFiles: limitIn(limits, 'Max open files', 'soft'),
    lockedBytes: limitIn(limits, 'Max locked memory', 'soft'),
    capabilities: capabilitiesIn(status, 'CapEff'),
  };
}

/** Of whoever runs the doctor: a half started from the same shell gets these. */
export function rightsOfUser(): Rights | null {
  const rights = rightsOfProcess(process.pid);
  const limits = textOf('/proc/self/limits');
  if (rights === null || limits === null) return null;
  // Node raises the soft one at its start.
  return { ...rights, from: 'user', openFiles: limitIn(limits, 'Max open files', 'hard') };
}

/** Of the package's unit; null without systemd, or where it is not installed. */
export async function rightsOfUnit(half: HalfName): Promise<Rights | null> {
  if (!existsSync('/run/systemd/system')) return null;
  const properties = 'LoadState,LimitNOFILE,LimitMEMLOCK,AmbientCapabilities';
  try {
    const run = promisify(execFile);
    const args = ['show', UNITS[half], '-p', properties];
    const { stdout } = await run('systemctl', args, { timeout: SYSTEMCTL_MAX_MS });
    return unitRights(stdout);
  } catch {
    return null;
  }
}

/** Out of what `systemctl show` prints; null when there is no such unit. Pure. */
export function unitRights(shown: string): Rights | null {
  const property = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(shown)?.[1] ?? '';
  if (property('LoadState') !== 'loaded') return null;
  const names = property('AmbientCapabilities').toUpperCase().split(' ');
  return {
    from: 'unit',
    openFiles: limitOf(property('LimitNOFILE')),
    lockedBytes: limitOf(property('LimitMEMLOCK')),
    capabilities: new Set(names.filter((name) => name !== '') as CapabilityName[]),
  };
}

/** A row of /proc/PID/limits (proc(5)); infinite where there is no limit. Pure. */
export function limitIn(limits: string, row: string, which: 'soft' | 'hard'): number {
  const found = new RegExp(`^${row}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(limits);
  return limitOf(found?.[which === 'soft' ? 1 : 2] ?? '');
}

function limitOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
}

/** `for the agent that runs`, as the end of what was found. */
export function rightsText(from: Rights['from'], half: HalfName): string {
  if (from === 'process') return `for the ${half} that runs`;
  return from === 'unit' ? `for the unit ${UNITS[half]}` : `as this user would start it`;
}
