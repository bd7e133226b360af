/** One measurement: one contender, one scenario, one stretch of load. */
import { monotonicMs } from '../../testbed/lab/monotonic.ts';
import { limits } from './limits.ts';
import type { Latency, LoadResult } from './load-result.ts';
import type { PinnedProcess } from './pinned-process.ts';
import { coreBusyS, usageOf } from './process-usage.ts';

export interface Measurement {
  readonly requests: number;
  /** Answered bytes, heads included. */
  readonly bytes: number;
  /** As the load generator counts: from the first request to the last answer. */
  readonly loadS: number;
  /** Processor time of the proxy, user and system, with all its threads and children. */
  readonly cpuS: number;
  /** Between the two looks at the proxy. */
  readonly elapsedS: number;
  /** Part of the proxy's core that others used meanwhile, the hypervisor included; 0 to 1. */
  readonly foreignShare: number;
  readonly latencyUs: Latency;
  readonly residentBeforeBytes: number;
  readonly residentAfterBytes: number;
}

/** Something else used the proxy's core, too much for the figures to be trusted. */
export function isDisturbed({ foreignShare }: Pick<Measurement, 'foreignShare'>): boolean {
  return foreignShare > limits.foreignShareMax;
}

/** Lets the load run its course and looks at the proxy, and at its core, before and after. */
export async function measure(
  proxy: PinnedProcess,
  core: number,
  runLoad: () => Promise<LoadResult>,
): Promise<Measurement> {
  const look = () => ({ ...usageOf(proxy.pid), busyS: coreBusyS(core), atMs: monotonicMs() });
  const before = look();
  const load = await runLoad().catch((error: Error) => {
    proxy.assertAlive();
    throw error;
  });
  const after = look();
  const cpuS = after.cpuS - before.cpuS;
  const elapsedS = (after.atMs - before.atMs) / 1000;
  const foreignS = after.busyS - before.busyS - cpuS;
  return {
    requests: load.requests,
    bytes: load.bytes,
    loadS: load.durationUs / 1e6,
    cpuS,
    elapsedS,
    foreignShare: Math.max(0, foreignS / elapsedS),
    latencyUs: load.latencyUs,
    residentBeforeBytes: before.residentBytes,
    residentAfterBytes: after.residentBytes,
  };
}
