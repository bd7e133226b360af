/** The parts of a run, in their order. Each starts its own servers and ends them. */
import type { Setting } from './fleet.ts';
import { type LatencyPlan, type LatencyRun, runLatency } from './latency.ts';
import { type MemoryPlan, type MemoryRun, runMemory } from './memory/memory.ts';
import { type Plan, type Run, runPlan } from './rounds.ts';
import { runWorkers, type WorkersPlan, type WorkersRun } from './workers.ts';

export const partNames = ['requests', 'latency', 'memory', 'workers', 'features'] as const;
export type PartName = (typeof partNames)[number];

/** Null where a part is left out. */
export interface BenchPlan {
  readonly requests: Plan | null;
  readonly latency: LatencyPlan | null;
  readonly memory: MemoryPlan | null;
  readonly workers: WorkersPlan | null;
  /** Tandem with each of its features; its first contender is Tandem with none. */
  readonly features: Plan | null;
}

/** As {@link BenchPlan}. */
export interface BenchRun {
  readonly requests: Run | null;
  readonly latency: LatencyRun | null;
  readonly memory: MemoryRun | null;
  readonly workers: WorkersRun | null;
  readonly features: Run | null;
}

/** Runs all parts. Whatever was started has ended when this resolves or rejects. */
export async function runBench(plan: BenchPlan, setting: Setting): Promise<BenchRun> {
  return {
    requests: plan.requests && (await runPlan(plan.requests, setting)),
    latency: plan.latency && (await runLatency(plan.latency, setting)),
    memory: plan.memory && (await runMemory(plan.memory, setting)),
    workers: plan.workers && (await runWorkers(plan.workers, setting)),
    features: plan.features && (await runPlan(plan.features, setting, 'features')),
  };
}

/** Everybody who takes part in one of them, once each. */
export function contendersOf(plan: BenchPlan): readonly Plan['contenders'][number][] {
  return [...new Set(partNames.flatMap((name) => plan[name]?.contenders ?? []))];
}
