/**
 * A planned switch on a pair that is in use: the addresses go to the other host by agreement, stay there
 * for a while, and come back. What is not known to come back by itself is not given away.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { HandoverResult, RouterStatus } from '../../keepalive/index.ts';
import type { AgentReport } from '../control/agent-report.ts';
import type { Half, Ordered } from './halves.ts';

/** Between two looks at the agent, ms. */
const LOOK_EVERY_MS = 50;
/** The longest wait for the addresses to come back, ms; `preempt_delay` and damping come on top. */
const RETURN_MAX_MS = 30_000;

/** What it works with. */
export interface RehearsalOptions {
  readonly ask: () => Promise<Half<AgentReport>>;
  readonly handOver: () => Promise<Ordered<{ readonly results: readonly HandoverResult[] }>>;
  readonly release: () => Promise<Ordered<unknown>>;
  /** How long the addresses stay with the other host, ms. */
  readonly stayMs: number;
  /** Told of each step, in a few words. */
  readonly onStep: (text: string) => void;
  /** Cuts the stay short. */
  readonly signal: AbortSignal;
}

/** One virtual router's way back. */
export interface Return {
  readonly router: string;
  /** From the release to its being Active here; null: it is not. */
  readonly afterMs: number | null;
  /** The other host gave it back, and no connection broke for it; false: it was taken. */
  readonly agreed: boolean;
}

/** What came of it. */
export interface Rehearsal {
  /** Name of the other node. */
  readonly peer: string;
  /** How long the order to hand over took, agreement and all, ms. */
  readonly givenMs: number;
  readonly returns: readonly Return[];
}

/** Why it cannot be, one sentence each; none: it can. Pure. */
export function obstacles(status: AgentReport): readonly string[] {
  const { pair, hold, routers } = status;
  if (pair === null) return ['there is no `pair` in the file: nothing can be handed over'];
  const found: string[] = [];
  if (!pair.connected) found.push(`the agents are not connected (${pair.peer})`);
  if (hold.own)
    found.push('this node is on hold, and the drill would end that: `tandem hold --release`');
  if (hold.peer) found.push(`${pair.peer} is on hold, and would not give the addresses back`);
  for (const router of routers) found.push(...routerObstacles(router, status));
  return found;
}

function routerObstacles(router: RouterStatus, { pair }: AgentReport): readonly string[] {
  const { name, state, priority, noHandover, drain } = router;
  const there = pair?.node?.report?.routers.find((one) => one.name === name);
  if (state !== 'Active')
    return [`${name} is ${state} here: the drill is for the host that has all addresses`];
  if (noHandover !== null) return [`${name}: there is no agreed handover ${noHandover}`];
  if (drain !== null) return [`${name} still drains from an earlier handover`];
  if (there === undefined) return [];
  if (there.priority >= priority.effective) {
    return [
      `${name} would not come back by itself: priority ${priority.effective} here, ${there.priority} there`,
    ];
  }
  return [];
}

/** Does it. Resolves to why not where nothing moved, or not all. Never rejects. */
export async function rehearse(
  status: AgentReport,
  options: RehearsalOptions,
): Promise<Rehearsal | string> {
  const { handOver, release, stayMs, onStep, signal } = options;
  const peer = status.pair?.peer ?? '';
  const orderedAt = performance.now();
  const ordered = await handOver();
  const givenMs = performance.now() - orderedAt;
  if (!ordered.ok) return ordered.error;
  const kept = ordered.result.results.filter(({ outcome }) => outcome !== 'given');
  if (kept.length === 0) {
    onStep(`${peer} has the addresses (${givenMs.toFixed(0)} ms)`);
    await delay(stayMs, undefined, { signal }).catch(() => {});
  }
  const releasedAt = performance.now();
  const released = await release();
  if (!released.ok) return `${released.error}; ${peer} keeps the addresses`;
  if (kept.length > 0) {
    return kept.map(({ routers, reason }) => `${routers.join(', ')}: ${reason}`).join('; ');
  }
  onStep('released: this node takes them back');
  return { peer, givenMs, returns: await returnsOf(status, options, releasedAt) };
}

async function returnsOf(
  { routers }: AgentReport,
  { ask }: RehearsalOptions,
  releasedAt: number,
): Promise<readonly Return[]> {
  const waitMs = RETURN_MAX_MS + Math.max(...routers.map(({ preempt }) => preempt.inMs ?? 0));
  const back = new Map<string, Return>();
  for (;;) {
    const afterMs = performance.now() - releasedAt;
    const half = await ask();
    const now = 'absent' in half ? [] : half.status.routers;
    for (const { name, state, transitions } of now) {
      if (state !== 'Active' || back.has(name)) continue;
      const agreed = transitions.at(-1)?.evidence.reason === 'given';
      back.set(name, { router: name, afterMs, agreed });
    }
    if (routers.every(({ name }) => back.has(name)) || afterMs > waitMs) break;
    await delay(LOOK_EVERY_MS);
  }
  return routers.map(
    ({ name }) => back.get(name) ?? { router: name, afterMs: null, agreed: false },
  );
}
