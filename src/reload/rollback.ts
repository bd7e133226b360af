/**
 * Back to a config that was applied before:
 *
 *     check it for this node ─► keep the present file ─► put it in its place ─► reload
 *                                                              ▲                  │ refused
 *                                                              └── as it was ◄────┘
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ConfigHistory, HistoryEntry } from './config-history.ts';
import type { ReloadOutcome } from './coordinator.ts';
import { replaceFile } from './replace-file.ts';

/** What a rollback works with. */
export interface RollbackTools {
  readonly history: ConfigHistory;
  /** Mistakes in the file at this path, for this node; none: it can be used. */
  check(path: string): readonly string[];
  reload(): Promise<ReloadOutcome>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** What became of it. */
export type RollbackResult =
  /** Nothing was touched, or everything is as it was before. */
  | { readonly type: 'refused'; readonly reasons: readonly string[] }
  /** The file is the old one; `outcome` says who follows it. */
  | { readonly type: 'done'; readonly outcome: ReloadOutcome; readonly warning: string | null };

/** Does it, for the config file at `file`. Never rejects. */
export async function rollBack(
  file: string,
  entry: HistoryEntry,
  tools: RollbackTools,
): Promise<RollbackResult> {
  try {
    const wanted = await tools.history.read(entry);
    if (wanted === null) return refused(`${entry.path} is not what was applied: it was changed`);
    const mistakes = tools.check(entry.path);
    if (mistakes.length > 0) return { type: 'refused', reasons: mistakes };
    return await exchange(file, { entry, wanted, present: await readFile(file) }, tools);
  } catch (error) {
    return refused((error as Error).message);
  }
}

interface Exchange {
  readonly entry: HistoryEntry;
  readonly wanted: Buffer;
  readonly present: Uint8Array;
}

async function exchange(
  file: string,
  { entry, wanted, present }: Exchange,
  { history, reload, now }: RollbackTools,
): Promise<RollbackResult> {
  const digest = createHash('sha256').update(present).digest('hex');
  const known = (await history.list()).some((one) => one.digest === digest);
  const unkept = await history.record(digest, present, now(), entry.digest);
  // An edit that nobody has applied would be gone for good.
  if (unkept !== null && !known) return refused(`the present file could not be kept: ${unkept}`);
  await replaceFile(file, wanted);
  const outcome = await reload();
  const { result } = outcome;
  if (result !== 'refused' && result !== 'busy') return { type: 'done', outcome, warning: unkept };
  try {
    if (!wanted.equals(await readFile(file))) {
      const others = `${file} is left as it is: somebody has changed it meanwhile`;
      return { type: 'refused', reasons: [...outcome.reasons, others] };
    }
    await replaceFile(file, present);
  } catch (error) {
    const kept = `${history.folder}/${digest}.yaml`;
    const lost = `${file} COULD NOT BE PUT BACK (${(error as Error).message}): what it was is in ${kept}`;
    return { type: 'refused', reasons: [...outcome.reasons, lost] };
  }
  if (!known) await history.forget(digest);
  return { type: 'refused', reasons: [...outcome.reasons, `${file} is as it was`] };
}

function refused(reason: string): RollbackResult {
  return { type: 'refused', reasons: [reason] };
}
