import { readFileSync } from 'node:fs';

/** Descriptors that this process, and what it starts, may raise its limit to; out of /proc/self/limits. */
export function descriptorsMax(text: string = readFileSync('/proc/self/limits', 'utf8')): number {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(text)?.[1] ?? '1024';
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}
