/** Which core the proxy under test has for itself, and which all the rest shares. */
import { readFileSync } from 'node:fs';

export interface Cores {
  readonly proxy: number;
  /** Origins, load generator and the benchmark itself. */
  readonly load: number;
}

/** Numbers of a kernel CPU list such as `0-3,8`. */
export function parseCpuList(text: string): readonly number[] {
  return text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [from, to = from] = part.split('-').map(Number) as [number, number?];
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    });
}

/**
 * The first allowed core for the proxy and the first that does not share its execution units for
 * the load; a hyperthread of the same core only when there is nothing else. Null with one core.
 */
export function pickCores(
  allowed: readonly number[],
  siblingsOf: (core: number) => readonly number[],
): Cores | null {
  const [proxy, ...others] = allowed;
  if (proxy === undefined || others[0] === undefined) return null;
  const siblings = siblingsOf(proxy);
  return { proxy, load: others.find((core) => !siblings.includes(core)) ?? others[0] };
}

/** Where a proxy of several workers and the load that it gets run. */
export interface WorkerCores {
  readonly proxy: readonly number[];
  readonly load: readonly number[];
  /** False when there are too few cores, and both use all of them. */
  readonly apart: boolean;
}

/**
 * A core for each of so many workers, and all others for the load, if there is one. One worker has
 * its core to itself as {@link pickCores} gives it.
 */
export function pickWorkerCores(
  allowed: readonly number[],
  workers: number,
  { proxy, load }: Cores,
): WorkerCores {
  const ordered = [proxy, ...allowed.filter((core) => core !== proxy && core !== load), load];
  const mine = ordered.slice(0, workers);
  const rest = ordered.slice(workers);
  return rest.length > 0
    ? { proxy: mine, load: rest, apart: true }
    : { proxy: mine, load: ordered, apart: false };
}

/** Cores that this process may use. */
export function allowedCores(): readonly number[] {
  const status = readFileSync('/proc/self/status', 'utf8');
  return parseCpuList(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '');
}

/** {@link pickCores} for this process on this machine. */
export function coresHere(): Cores | null {
  return pickCores(allowedCores(), threadSiblings);
}

function threadSiblings(core: number): readonly number[] {
  const file = `/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`;
  try {
    return parseCpuList(readFileSync(file, 'utf8'));
  } catch {
    return [core]; // Not every hypervisor and container shows the topology.
  }
}
