/**
 * How long a thread may run at a time where normal threads compete for a core. One that asks for little
 * is let in sooner, and gets no more in all (Linux 6.12, sched_setattr(2)).
 */
import { libc } from './libc.ts';

/** Numbers of sched_setattr and sched_getattr, which not every C library offers. */
const CALLS: Readonly<Partial<Record<NodeJS.Architecture, { set: number; get: number }>>> = {
  x64: { set: 314, get: 315 },
  arm64: { set: 274, get: 275 },
};

/** struct sched_attr in its first form. */
const ATTRIBUTES_BYTES = 48;
const POLICY_AT = 4;
const RUNTIME_AT = 24;

const SCHED_OTHER = 0;
const SCHED_BATCH = 3;
/** The calling thread. */
const MYSELF = 0;

/** The shortest slice that the kernel knows, in nanoseconds. */
const SHORTEST_NS = 100_000n;

/**
 * Asks for the shortest slice for the calling thread; policy and niceness stay as they are. False: the
 * kernel refuses, or the thread is none of the normal ones. Kernels before 6.12 take it without effect.
 */
export function requestShortTimeSlice(): boolean {
  const calls = CALLS[process.arch];
  const attributes = threadAttributes();
  if (calls === undefined || attributes === null) return false;
  const policy = attributes.getUint32(POLICY_AT, true);
  if (policy !== SCHED_OTHER && policy !== SCHED_BATCH) return false;
  attributes.setBigUint64(RUNTIME_AT, SHORTEST_NS, true);
  return libc().syscall(calls.set, MYSELF, bytesOf(attributes), 0, 0) === 0;
}

/** The slice of the calling thread in nanoseconds; 0 where the kernel does not tell, null where it cannot be asked. */
export function timeSliceNs(): number | null {
  const attributes = threadAttributes();
  return attributes === null ? null : Number(attributes.getBigUint64(RUNTIME_AT, true));
}

function threadAttributes(): DataView | null {
  const calls = CALLS[process.arch];
  if (calls === undefined) return null;
  const attributes = new DataView(new ArrayBuffer(ATTRIBUTES_BYTES));
  const result = libc().syscall(calls.get, MYSELF, bytesOf(attributes), ATTRIBUTES_BYTES, 0);
  return result === 0 ? attributes : null;
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer);
}
