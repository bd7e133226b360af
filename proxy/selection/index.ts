import type { PolicyName } from '../../src/config/proxy-config.ts';
import { ConsistentHash } from './consistent-hash.ts';
import { First } from './first.ts';
import { LeastConnections } from './least-connections.ts';
import { LeastTime } from './least-time.ts';
import type { Candidate, Policy } from './policy.ts';
import { RoundRobin } from './round-robin.ts';
import { TwoChoices } from './two-choices.ts';

/** What a policy is made with. */
export interface PolicyOptions {
  /** 0 to below 1: tells workers of one upstream apart. */
  readonly phase: number;
  /** Hash policies: the bound on the load of one server, above 1; null: none. */
  readonly loadFactor: number | null;
}

type Factory = <C extends Candidate>(options: PolicyOptions) => Policy<C>;

/**
 * Every policy there is. `round_robin` honours weights, as in nginx: an operator who wrote a weight
 * meant it. `weighted_round_robin` is the same under the name others look for, and `ip_hash` a hash
 * whose key is the client's address.
 */
export const POLICIES: Readonly<Record<PolicyName, Factory>> = {
  round_robin: ({ phase }) => new RoundRobin(phase),
  weighted_round_robin: ({ phase }) => new RoundRobin(phase),
  least_connections: () => new LeastConnections(),
  two_choices: ({ phase }) => new TwoChoices(seedOf(phase)),
  least_time: () => new LeastTime(),
  ip_hash: ({ phase, loadFactor }) => new ConsistentHash(phase, loadFactor),
  hash: ({ phase, loadFactor }) => new ConsistentHash(phase, loadFactor),
  first: () => new First(),
};

/** A fresh policy. */
export function createPolicy<C extends Candidate>(
  name: PolicyName,
  options: PolicyOptions,
): Policy<C> {
  return POLICIES[name]<C>(options);
}

/** Workers draw from sequences of their own. */
function seedOf(phase: number): number {
  return Math.trunc(phase * 0x1_0000_0000);
}
