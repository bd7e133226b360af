/** The first step of a reload in either half: the file, read on another thread and judged for this process. */
import { type CompiledConfig, formatProblem, type LoadResult } from '../config/index.ts';
import { ReloadRefusal } from '../reload/reload-desk.ts';
import type { HalfName, Offer, PlanLine } from '../reload/reload-half.ts';
import { restartReasons } from '../reload/restart-reasons.ts';
import type { AppliedConfig } from './applied-config.ts';

/** A file that this half could go on with. */
export interface ReloadFile {
  readonly config: CompiledConfig;
  readonly bytes: Uint8Array;
  /** What the half answers, with the plan of its own parts. */
  offer(plan: readonly PlanLine[]): Offer;
}

/** What of a reader is needed here. */
export interface FileReader {
  read(): Promise<LoadResult>;
}

/** Rejects with ReloadRefusal: mistakes in the file, or what a process that runs cannot change. */
export async function readForReload(
  half: HalfName,
  reader: FileReader,
  applied: Pick<AppliedConfig, 'config' | 'file'>,
): Promise<ReloadFile> {
  const loaded = await reader.read();
  if (!loaded.ok) {
    const errors = loaded.problems.filter(({ severity }) => severity === 'error');
    throw new ReloadRefusal(errors.map(formatProblem));
  }
  const { config: before, file } = applied;
  const { config, bytes, problems } = loaded;
  const reasons = restartReasons(half, before, config);
  if (reasons.length > 0) throw new ReloadRefusal(reasons);
  return {
    config,
    bytes,
    offer: (plan) => ({
      digest: config.digest,
      running: before.digest,
      node: config.node,
      file,
      plan: [...plan, ...logLines(before, config)],
      warnings: problems.map(formatProblem),
      wants: { agent: config.agent !== null, balancer: config.proxy !== null },
    }),
  };
}

function logLines(before: CompiledConfig, after: CompiledConfig): PlanLine[] {
  const [was, is] = [before.log.level, after.log.level];
  if (was === is) return [];
  const detail = `${is} (was ${was})`;
  return [{ what: 'changed', kind: 'setting', name: 'log.level', disturbs: null, detail }];
}
