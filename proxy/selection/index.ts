import type { PolicyName } from '../../src/config/proxy-config.ts';
import { LeastConnections } from './least-connections.ts';
import type { Candidate, Policy } from './policy.ts';
import { RoundRobin } from './round-robin.ts';

type Factory = <C extends Candidate>(phase: number) => Policy<C>;

/**
 * Every policy there is. `round_robin` honours weights, as in nginx: an operator who wrote a weight
 * meant it. `weighted_round_robin` is the same under the name others look for.
 */
export const POLICIES: Readonly<Record<PolicyName, Factory>> = {
  round_robin: (phase) => new RoundRobin(phase),
  weighted_round_robin: (phase) => new RoundRobin(phase),
  least_connections: () => new LeastConnections(),
};

/** A fresh policy; `phase`, 0 to below 1, tells workers of one upstream apart. */
export function createPolicy<C extends Candidate>(name: PolicyName, phase: number): Policy<C> {
  return POLICIES[name]<C>(phase);
}
