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

/** {@link pickCores} for this process on this machine. */
export function coresHere(): Cores | null {
  const status = readFileSync('/proc/self/status', 'utf8');
  const allowed = parseCpuList(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '');
  return pickCores(allowed, threadSiblings);
}

function threadSiblings(core: number): readonly number[] {
  const file = `/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`;
  try {
    return parseCpuList(readFileSync(file, 'utf8'));
  } catch {
    return [core]; // Not every hypervisor and container shows the topology.
  }
}
