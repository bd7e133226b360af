/** Waits, on this host, for the connections of addresses that the other host has. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LastDrainStatus, RouterStatus } from '../../keepalive/index.ts';
import type { AgentReport } from '../control/agent-report.ts';
import type { Half } from './halves.ts';
import { allLeft, type Left } from './views/drain-view.ts';

/** Time between two looks, ms. */
const LOOK_EVERY_MS = 500;
/** An agent that does not answer so often in a row is not waited for. */
const FAILURES_MAX = 3;
/** The first count is there after a second; so many looks before it are not told of. */
const UNCOUNTED_LOOKS_MAX = 4;

/** How a drain ended; null: the agent does not know, or has another config by now. */
export interface EndedDrain {
  readonly router: string;
  readonly last: LastDrainStatus | null;
}

/** Why the waiting ended. */
export type WatchEnd =
  | { readonly type: 'over'; readonly drains: readonly EndedDrain[] }
  /** The drains go on. */
  | { readonly type: 'interrupted' | 'timeout'; readonly left: Left | null }
  /** The agent does not answer any more. */
  | { readonly type: 'lost'; readonly why: string; readonly left: Left | null };

/** What the waiting works with. */
export interface DrainWatchOptions {
  /** Names of the routers. */
  readonly routers: readonly string[];
  readonly ask: () => Promise<Half<AgentReport>>;
  /** Told of what every look finds, once it was counted. */
  readonly onLook: (left: Left) => void;
  /** The longest to wait, ms; null: until it is over. */
  readonly timeoutMs: number | null;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** Resolves when no router of these drains here, or nobody waits for it any more. Never rejects. */
export async function watchDrains(options: DrainWatchOptions): Promise<WatchEnd> {
  const { routers, ask, onLook, timeoutMs, signal } = options;
  const until = timeoutMs === null ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
  let left: Left | null = null;
  let failures = 0;
  let uncounted = 0;
  for (;;) {
    const half = await ask();
    if ('absent' in half) {
      failures += 1;
      if (failures === FAILURES_MAX) return { type: 'lost', why: half.absent, left };
    } else {
      failures = 0;
      const mine = half.status.routers.filter(({ name }) => routers.includes(name));
      left = allLeft(mine.flatMap(({ drain }) => (drain === null ? [] : [drain])));
      if (left === null) return { type: 'over', drains: ended(routers, mine) };
      if (left.connections === null) uncounted += 1;
      if (left.connections !== null || uncounted > UNCOUNTED_LOOKS_MAX) onLook(left);
    }
    if (signal.aborted) return { type: 'interrupted', left };
    const restMs = until - performance.now();
    if (restMs <= 0) return { type: 'timeout', left };
    await delay(Math.min(LOOK_EVERY_MS, restMs), undefined, { signal }).catch(() => {});
  }
}

function ended(routers: readonly string[], known: readonly RouterStatus[]): EndedDrain[] {
  return routers.map((router) => {
    const last = known.find(({ name }) => name === router)?.lastDrain ?? null;
    return { router, last };
  });
}
