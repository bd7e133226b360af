/** How busy the processors of this machine were between two looks at /proc/stat. */
import { readFileSync } from 'node:fs';

/** The kernel counts in hundredths of a second towards user space (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Ticks since the boot, all processors together. */
export interface ProcessorTicks {
  /** What the hypervisor gave to others included. */
  readonly busy: number;
  readonly stolen: number;
  readonly all: number;
}

/** Reads the first line of `/proc/stat` (proc(5)): user nice system idle iowait irq softirq steal. */
export function parseTicks(stat: string): ProcessorTicks {
  const fields = (stat.split('\n')[0] ?? '').trim().split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, iowait = 0, , , stolen = 0] = fields;
  const all = fields.reduce((sum, ticks) => sum + ticks, 0);
  return { busy: all - idle - iowait, stolen, all };
}

/** As it is now. */
export function processorTicks(): ProcessorTicks {
  return parseTicks(readFileSync('/proc/stat', 'utf8'));
}

/** Share of the time between two looks in which they were busy, percent. */
export function busyPercent(before: ProcessorTicks, after: ProcessorTicks): number {
  const all = after.all - before.all;
  return all === 0 ? 0 : Math.round((100 * (after.busy - before.busy)) / all);
}

/** Seconds of processor time that this machine used itself between two looks. */
export function usedSeconds(before: ProcessorTicks, after: ProcessorTicks): number {
  const used = ({ busy, stolen }: ProcessorTicks) => busy - stolen;
  return (used(after) - used(before)) / TICKS_PER_SECOND;
}

/** Share of the time between two looks that the hypervisor gave to others, 0 to 1. */
export function stolenShare(before: ProcessorTicks, after: ProcessorTicks): number {
  const all = after.all - before.all;
  return all === 0 ? 0 : (after.stolen - before.stolen) / all;
}
