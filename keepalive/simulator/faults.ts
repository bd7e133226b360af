/** What can go wrong. Each fault is begun, lasts, and is ended. */
import type { Cluster } from './cluster.ts';
import { configFaults } from './config-faults.ts';
import type { Begin, Fault } from './fault.ts';
import { handoverFaults } from './handover-faults.ts';
import { hostFaults } from './host-faults.ts';
import { kernelFaults } from './kernel-faults.ts';
import { mildSideLinkFaults, networkFaults, sideLinkFaults } from './network-faults.ts';
import type { Prng } from './prng.ts';

const KINDS: readonly Begin[] = [...networkFaults, ...hostFaults, ...kernelFaults, ...configFaults];
const PAIRED_KINDS: readonly Begin[] = [...KINDS, ...sideLinkFaults];
const HANDOVER_KINDS: readonly Begin[] = [...PAIRED_KINDS, ...handoverFaults];
/** Whichever host is well has to serve meanwhile, and soon. */
const MILD: ReadonlySet<Begin> = new Set([...hostFaults, ...mildSideLinkFaults, ...handoverFaults]);

/** Begins one fault; null when the one drawn makes no sense now. */
export function beginFault(cluster: Cluster, prng: Prng): Fault | null {
  const paired = cluster.clients === null ? PAIRED_KINDS : HANDOVER_KINDS;
  const begin = prng.pick(cluster.sideLink === null ? KINDS : paired);
  const severe = !MILD.has(begin);
  // Before it begins: what it sets off at once is no flap.
  cluster.disturb();
  const fault = begin(cluster, prng.pick(cluster.hosts), prng);
  if (fault === null) return null;
  cluster.note(`FAULT ${fault.text}`);
  cluster.disturb(fault.lingerMicros);
  if (severe) cluster.severe(1, fault.lingerMicros);
  return {
    text: fault.text,
    end: () => {
      cluster.note(`ended: ${fault.text}`);
      cluster.disturb(fault.lingerMicros);
      fault.end();
      if (severe) cluster.severe(-1, fault.lingerMicros);
    },
  };
}
