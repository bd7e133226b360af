/** All that `tandem doctor` looks at, in the order in which it tells. */
import { clock } from './clock.ts';
import { conntrack } from './conntrack.ts';
import { descriptors } from './descriptors.ts';
import { disk } from './disk.ts';
import { type Finding, unknown, type Verdict } from './finding.ts';
import { firewall } from './firewall.ts';
import { interfaces } from './interfaces.ts';
import { lan } from './lan.ts';
import { memory } from './memory.ts';
import { ports } from './ports.ts';
import { privileges } from './privileges.ts';
import { rivals } from './rivals.ts';
import type { Family, Subject } from './subject.ts';
import { sysctls } from './sysctls.ts';
import { versions } from './versions.ts';

/** The explicit table: what is not here is not looked at. */
export const families: readonly Family[] = [
  versions,
  privileges,
  clock,
  disk,
  memory,
  descriptors,
  conntrack,
  sysctls,
  interfaces,
  ports,
  firewall,
  rivals,
  lan,
];

/** A finding, and the kind of check it is of. */
export interface Found extends Finding {
  readonly check: string;
}

/** Looks at everything. A check that fails itself is a finding, too. Never rejects. */
export async function examine(
  subject: Subject,
  all: readonly Family[] = families,
): Promise<readonly Found[]> {
  const found = await Promise.all(
    all.map(async ({ name, examine: look }) => {
      const findings = await look(subject).catch((error: Error) => [
        unknown(name, `this could not be looked at: ${error.message}`, 'please report it'),
      ]);
      return findings.map((finding) => ({ check: name, ...finding }));
    }),
  );
  return found.flat();
}

/** How many of each verdict. Pure. */
export function countVerdicts(found: readonly Finding[]): Readonly<Record<Verdict, number>> {
  const count = (wanted: Verdict) => found.filter(({ verdict }) => verdict === wanted).length;
  return { ok: count('ok'), warn: count('warn'), bad: count('bad'), unknown: count('unknown') };
}
