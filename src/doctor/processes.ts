/** Processes of this host, as /proc has them. */
import { readdirSync, readlinkSync } from 'node:fs';
import { textOf } from './host-files.ts';

/** One that runs. */
export interface RunningProcess {
  readonly pid: number;
  /** The kernel's name of it: at most 15 characters. */
  readonly name: string;
  readonly commandLine: string;
}

/** All that this user can see. */
export function runningProcesses(): readonly RunningProcess[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.flatMap((pid) => {
    // Node names its threads.
    const name = textOf(`/proc/${pid}/comm`)
      ?.trim()
      .replace(/-MainThread$/, '');
    if (name === undefined) return [];
    const commandLine = textOf(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim() ?? '';
    return [{ pid: Number(pid), name, commandLine }];
  });
}

/** Whether a process is of the agent or of the balancer of some Tandem on this host. */
export function isTandem({ commandLine }: RunningProcess): boolean {
  return /\bcli\/launcher\.js (keepalive|proxy|run)\b/.test(commandLine);
}

/** Which process has each of these sockets, by inode; without root only those of this user are found. */
export function holdersOf(inodes: ReadonlySet<string>): ReadonlyMap<string, number> {
  const holders = new Map<string, number>();
  if (inodes.size === 0) return holders;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    for (const inode of socketsOf(Number(entry))) {
      if (inodes.has(inode)) holders.set(inode, Number(entry));
    }
  }
  return holders;
}

function socketsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkAt(`${folder}/${fd}`))?.[1];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    // It ended, or belongs to somebody else.
    return [];
  }
}

function linkAt(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
