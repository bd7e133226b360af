/** CPU time and memory of a process with everything it has started, and of a whole core: proc(5). */
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks in the second: USER_HZ, which Linux has fixed at 100 towards user space. */
const TICKS_PER_SECOND = 100;

/** One line of /proc/PID/stat, as far as it is used here. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of all its threads, and of its children that have ended. */
  readonly cpuTicks: number;
}

/** What a tree of processes has used up so far, and holds now. */
export interface ProcessUsage {
  readonly cpuS: number;
  readonly residentBytes: number;
}

/** Parses /proc/PID/stat. The name in it may hold blanks and parentheses. */
export function parseProcessStat(text: string): ProcessStat {
  const columns = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent, ...times] = [1, 11, 12, 13, 14].map((column) => columns[column]!);
  const cpuTicks = times.reduce((sum, ticks) => sum + ticks, 0);
  return { pid: Number.parseInt(text, 10), parent: parent!, cpuTicks };
}

/**
 * Seconds since boot that a core was not idle, out of /proc/stat, whoever ran; time the hypervisor
 * gave to others (steal) included. Throws an Error when there is no such core.
 */
export function parseCoreBusyS(text: string, core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(text)?.[1];
  if (line === undefined) throw new Error(`/proc/stat has no core ${core}`);
  const [user, nice, system, , , irq, softirq, steal] = line.split(' ').map(Number);
  // Guest time is part of user time.
  return (user! + nice! + system! + irq! + softirq! + steal!) / TICKS_PER_SECOND;
}

/** Resident bytes out of /proc/PID/status; 0 for what has no memory (a zombie). */
export function parseResidentBytes(text: string): number {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

/** The process and all below it. */
export function treeOf(root: number, processes: readonly ProcessStat[]): readonly ProcessStat[] {
  const below = processes.filter(({ parent }) => parent === root);
  const self = processes.filter(({ pid }) => pid === root);
  return [...self, ...below.flatMap(({ pid }) => treeOf(pid, processes))];
}

/** Usage of a process and all below it; throws an Error when it is gone. */
export function usageOf(pid: number): ProcessUsage {
  const tree = treeOf(pid, allProcesses());
  if (tree.length === 0) throw new Error(`process ${pid} is gone`);
  const ticks = tree.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0);
  const resident = tree.map((entry) => readOrNull(`/proc/${entry.pid}/status`) ?? '');
  return {
    cpuS: ticks / TICKS_PER_SECOND,
    residentBytes: resident.reduce((sum, text) => sum + parseResidentBytes(text), 0),
  };
}

/** {@link parseCoreBusyS} now. */
export function coreBusyS(core: number): number {
  return parseCoreBusyS(readFileSync('/proc/stat', 'utf8'), core);
}

function allProcesses(): readonly ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readOrNull(`/proc/${pid}/stat`))
    .filter((text) => text !== null)
    .map(parseProcessStat);
}

/** Null when the process has just gone. */
function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
