/** Turns the changes of an address watch into the numbers of a drill. Pure. */
import type { HolderChange } from '../lab/holder-watch.ts';
import type { Holding } from './drill.ts';

/** Periods in which each host held the address, cut to `fromMs`..`toMs`. */
export function holdingsOf(
  history: readonly HolderChange[],
  fromMs: number,
  toMs: number,
): readonly Holding[] {
  const since = new Map<string, number>();
  const holdings: Holding[] = [];
  const end = (host: string, atMs: number) => {
    const began = since.get(host);
    since.delete(host);
    if (began === undefined || atMs <= fromMs || began >= toMs) return;
    holdings.push({ host, fromMs: Math.max(began, fromMs), toMs: Math.min(atMs, toMs) });
  };
  for (const { host, holds, atMs } of history) {
    if (!holds) end(host, atMs);
    else if (!since.has(host)) since.set(host, atMs);
  }
  for (const host of [...since.keys()]) end(host, toMs);
  return holdings;
}

export interface HolderTimes {
  readonly noHolderMs: number;
  readonly twoHoldersMs: number;
  /** From `fromMs` to the end of the last moment without exactly one holder; 0 without any. */
  readonly convergedMs: number;
}

/** How long nobody, and how long more than one host, held the address between the two times. */
export function holderTimes(
  holdings: readonly Holding[],
  fromMs: number,
  toMs: number,
): HolderTimes {
  const edges = holdings.flatMap((holding) => [holding.fromMs, holding.toMs]);
  const times = [...new Set([fromMs, ...edges, toMs])]
    .filter((time) => time >= fromMs && time <= toMs)
    .sort((left, right) => left - right);
  let noHolderMs = 0;
  let twoHoldersMs = 0;
  let convergedMs = 0;
  times.slice(1).forEach((end, index) => {
    const start = times[index]!;
    const holders = holdings.filter(({ fromMs, toMs }) => fromMs <= start && toMs >= end).length;
    if (holders === 0) noHolderMs += end - start;
    if (holders > 1) twoHoldersMs += end - start;
    if (holders !== 1) convergedMs = end - fromMs;
  });
  return { noHolderMs, twoHoldersMs, convergedMs };
}
