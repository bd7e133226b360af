import { describe } from 'vitest';
import type { PolicyName } from '../../src/config/proxy-config.ts';
import { createPolicy, POLICIES } from './index.ts';
import { type LoadedServer, policySuite, rotationSuite, spreadSuite } from './policy.case.ts';

/** Those whose idle servers take turns; for the hash policies that are requests without a key. */
const ROTATING = new Set<PolicyName>([
  'round_robin',
  'weighted_round_robin',
  'least_connections',
  'ip_hash',
  'hash',
]);

for (const name of Object.keys(POLICIES) as PolicyName[]) {
  for (const [phase, loadFactor] of [
    [0, null],
    [0.99, 1.25],
  ] as const) {
    const create = () => createPolicy<LoadedServer>(name, { phase, loadFactor });
    describe(`${name}, phase ${phase}, load factor ${loadFactor}`, () => {
      policySuite(create);
      if (ROTATING.has(name)) rotationSuite(create);
      if (name !== 'first') spreadSuite(create);
    });
  }
}
