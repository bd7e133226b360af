/** How busy the processors of this machine were between two looks at /proc/stat. */

/** Ticks since the boot, all processors together. */
export interface ProcessorTicks {
  readonly busy: number;
  readonly all: number;
}

/** Reads the first line of `/proc/stat` (proc(5)): user nice system idle iowait irq softirq steal. */
export function parseTicks(stat: string): ProcessorTicks {
  const fields = (stat.split('\n')[0] ?? '').trim().split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, iowait = 0] = fields;
  const all = fields.reduce((sum, ticks) => sum + ticks, 0);
  return { busy: all - idle - iowait, all };
}

/** Share of the time between two looks in which they were busy, percent. */
export function busyPercent(before: ProcessorTicks, after: ProcessorTicks): number {
  const all = after.all - before.all;
  return all === 0 ? 0 : Math.round((100 * (after.busy - before.busy)) / all);
}
