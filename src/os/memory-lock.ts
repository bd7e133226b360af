/**
 * Keeps the program's own code in memory: a page of it that was thrown out under memory pressure has
 * to come from the disk before the agent's next advertisement leaves. Only read-only mappings of
 * files, and only pages that are used (MLOCK_ONFAULT). Never mlockall: V8 aborts when it returns a
 * locked page of its heap to the kernel.
 */
import { readFileSync } from 'node:fs';
import { OsError } from './errors.ts';
import { errno, libc } from './libc.ts';

const MLOCK_ONFAULT = 1;

/** A part of the address space. */
export interface Mapping {
  readonly start: bigint;
  readonly bytes: bigint;
  readonly path: string;
}

/** What was locked; `error`: why it is not everything. */
export interface MemoryLock {
  readonly bytes: number;
  /** Of all read-only file mappings. */
  readonly ofBytes: number;
  readonly error: OsError | null;
}

/**
 * Locks what is mapped now, as much of it as the limit allows. Refusal (RLIMIT_MEMLOCK) is part of
 * the result, not an exception.
 */
export function lockProgramText(): MemoryLock {
  const mappings = readOnlyFileMappings(readFileSync('/proc/self/maps', 'utf8'));
  const ofBytes = sum(mappings);
  let error: OsError | null = null;
  const locked = mappings.filter(({ start, bytes, path }) => {
    if (libc().mlock2(start, bytes, MLOCK_ONFAULT) === 0) return true;
    error ??= new OsError('mlock2', errno(), `${path}, ${bytes} bytes`);
    return false;
  });
  return { bytes: sum(locked), ofBytes, error };
}

/** The read-only mappings of files in `/proc/self/maps` (proc(5)); the smallest come first. */
export function readOnlyFileMappings(maps: string): Mapping[] {
  return maps
    .split('\n')
    .flatMap((line) => {
      const match = /^([0-9a-f]+)-([0-9a-f]+) r-[x-][ps] \S+ \S+ [1-9]\d* +(\/.*)$/.exec(line);
      if (match === null) return [];
      const [start, end] = [BigInt(`0x${match[1]}`), BigInt(`0x${match[2]}`)];
      return [{ start, bytes: end - start, path: match[3]! }];
    })
    .sort((a, b) => Number(a.bytes - b.bytes));
}

function sum(mappings: readonly Mapping[]): number {
  return mappings.reduce((total, { bytes }) => total + Number(bytes), 0);
}
