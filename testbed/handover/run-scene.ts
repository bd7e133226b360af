/** One run of a scene: settle, clients, calm, what happens, numbers. The same for every pair. */
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../lab/monotonic.ts';
import { limits } from './limits.ts';
import type { LoadSize } from './load/plan.ts';
import { RunningLoad } from './load/running-load.ts';
import { addressOf, type HandoverPair } from './pair.ts';
import { type RunResult, resultOf } from './result.ts';
import type { Scene } from './scenes.ts';

export type Family = 4 | 6;

/** Runs the scene. Never rejects: what went wrong is in the result, with what the hosts logged. */
export async function runScene(
  pair: HandoverPair,
  scene: Scene,
  family: Family,
  size: LoadSize,
): Promise<RunResult> {
  const identity = { stack: pair.stack.name, scene: scene.name, family };
  let load: RunningLoad | null = null;
  try {
    await pair.restore();
    await scene.prepare?.(pair);
    await pair.serves();
    load = await RunningLoad.start(pair.client, {
      address: addressOf[family],
      size,
      bulkMs: limits.bulkMs,
      ...(scene.lifeMs === undefined ? {} : { lifeMs: scene.lifeMs }),
      durationMaxMs: limits.loadMaxMs,
    });
    await delay(limits.quietMs);
    const calm = { fromMs: monotonicMs(), toMs: monotonicMs() + scene.calmMs };
    await delay(scene.calmMs);
    const fromMs = monotonicMs();
    const acted = await scene.act(pair).then(
      () => null,
      (error: Error) => error,
    );
    const toMs = monotonicMs();
    const report = await load.finish({ calm, moves: { fromMs, toMs } });
    const error = acted === null ? null : `${acted.message}\n${pair.logs()}`;
    const steps = pair.steps.filter(({ atMs }) => atMs >= fromMs);
    return resultOf(identity, report, fromMs, error, steps);
  } catch (error) {
    await load?.kill();
    const why = `${(error as Error).message}\n${pair.logs()}`;
    return resultOf(identity, null, 0, why, []);
  }
}
