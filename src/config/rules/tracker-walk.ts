/**
 * Can each weighted tracker move an address at all? The states of all trackers of both nodes are
 * walked: a tracker that changes who wins in none of them is a mistake in the arithmetic, such as
 * -60 between hosts of priority 200 and 100.
 *
 * Only sums of weights matter, so the walk is over the sums that occur (at most a few thousand) and
 * not over the 2^n combinations that lead to them.
 */
import type { EffectiveConfig, EffectiveRouter } from '../effective.ts';
import type { Finding } from '../problem.ts';
import { type Rule, warning } from './rule.ts';
import { hasOpenShare, trackersOf } from './trackers.ts';

const priorityMin = 3;
const priorityMax = 254;

/** Warns of trackers that never move an address. */
export const trackersMatter: Rule = ({ config }) => {
  const nodes = Object.keys(config.nodes);
  if (nodes.length < 2) return [];
  return Object.entries(config.virtual_routers).flatMap(([name, router]) =>
    routerFindings(name, router, config, nodes),
  );
};

function routerFindings(
  name: string,
  router: EffectiveRouter,
  config: EffectiveConfig,
  nodes: readonly string[],
): readonly Finding[] {
  // No tracker applies to an address owner; another rule says so.
  if (nodes.some((node) => router.priority[node] === 255)) return [];
  const trackers = trackersOf(name, router, config);
  const weights = trackers.map(({ weight }) => weight);
  return trackers.flatMap(({ name: tracker, weight, path }, index) => {
    // Beside a number that an operator may write at any time, every weight may tip the scale.
    if (weight !== 0 && hasOpenShare(router)) return [];
    const reason = weight === 0 ? faultReason(router) : weightReason(router, weights, index, nodes);
    if (reason === null) return [];
    return [warning(path, `${tracker} can never move the addresses: ${reason}`)];
  });
}

/** Without Tandem's own signals a Backup that may not preempt follows any advert but priority 0. */
function faultReason(router: EffectiveRouter): string | null {
  const mute = router.strict_rfc && !router.preempt;
  return mute ? 'with strict_rfc and preempt: false a fault moves nothing' : null;
}

function weightReason(
  router: EffectiveRouter,
  weights: readonly number[],
  index: number,
  nodes: readonly string[],
): string | null {
  // A peer that is not Tandem is told to take over (priority 0) whatever its own preemption.
  if (!router.preempt && router.peer === 'tandem') {
    return 'with preempt: false only a fault does (weight: 0)';
  }
  for (const node of nodes) {
    for (const peer of nodes) {
      if (node !== peer && canMove(router, weights, index, node, peer)) return null;
    }
  }
  const [one = '', two = ''] = nodes;
  const weight = weights[index] ?? 0;
  const best = nodes.reduce((a, b) => (router.priority[a]! >= router.priority[b]! ? a : b), one);
  const other = best === one ? two : one;
  const left = effective(router.priority[best] ?? 0, all(weights) - Math.abs(weight));
  const against = effective(router.priority[other] ?? 0, all(weights));
  return (
    `weight ${weight} leaves ${best} at ${left} against ${against} of ${other}, ` +
    'and no other state of the trackers makes it count'
  );
}

/** Sum of what passing trackers add. */
function all(weights: readonly number[]): number {
  return weights.reduce((sum, weight) => sum + Math.max(0, weight), 0);
}

/** Is there a state in which this tracker's failure on `node` hands the addresses to `peer`? */
function canMove(
  router: EffectiveRouter,
  weights: readonly number[],
  index: number,
  node: string,
  peer: string,
): boolean {
  const [own = 0, theirs = 0] = [router.priority[node], router.priority[peer]];
  const peerValues = values(theirs, weights);
  // A tie does not take the addresses from whoever has them, so a host has them in a tie only if
  // it can be ahead in some other state, or if the tie is how the pair starts.
  const ahead = Math.max(...values(own, weights)) > Math.min(...peerValues);
  const startsTied = effective(own, all(weights)) === effective(theirs, all(weights));
  if (!ahead && !startsTied) return false;
  const weight = weights[index] ?? 0;
  const [passing, failing] = weight < 0 ? [0, weight] : [weight, 0];
  for (const rest of sums(weights.filter((_, at) => at !== index))) {
    const before = effective(own, rest + passing);
    const after = effective(own, rest + failing);
    // Beyond the ends of the scale the sum no longer shows.
    if (before === after) continue;
    if (peerValues.some((value) => after < value && value <= before)) return true;
  }
  return false;
}

/** Every effective priority that a host can have. */
function values(priority: number, weights: readonly number[]): readonly number[] {
  return [...new Set(sums(weights).map((sum) => effective(priority, sum)))];
}

/**
 * Every sum that passing and failing trackers can add up to. Marked in an array over all sums, since
 * dozens of trackers have thousands of them.
 */
function sums(weights: readonly number[]): readonly number[] {
  const lowest = weights.reduce((sum, weight) => sum + Math.min(0, weight), 0);
  let reached = new Uint8Array(all(weights) - lowest + 1);
  reached[-lowest] = 1;
  for (const weight of weights) {
    const next = reached.slice();
    reached.forEach((is, at) => {
      if (is === 1) next[at + weight] = 1;
    });
    reached = next;
  }
  return [...reached.keys()].filter((at) => reached[at] === 1).map((at) => at + lowest);
}

/** Effective priority without faults (design: 3-254, clamped). */
function effective(priority: number, sum: number): number {
  return Math.min(priorityMax, Math.max(priorityMin, priority + sum));
}
