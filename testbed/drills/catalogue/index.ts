/** All drills there are, in the order in which they run. */
import type { Drill } from '../drill.ts';
import { hostFaults } from './host-faults.ts';
import { networkFaults } from './network-faults.ts';
import { operations } from './operations.ts';
import { originFaults } from './origin-faults.ts';
import { resourceFaults } from './resource-faults.ts';

export const drills: readonly Drill[] = [
  ...hostFaults,
  ...networkFaults,
  ...originFaults,
  ...operations,
  ...resourceFaults,
];

/** The drill of that name; throws an Error listing the names there are. */
export function drillNamed(name: string): Drill {
  const found = drills.find((drill) => drill.name === name);
  if (found !== undefined) return found;
  throw new Error(`no drill "${name}"; there are ${drills.map((drill) => drill.name).join(', ')}`);
}
