/** What the drill demands of a run. Pure. */
import type { KindResult } from '../handover/result.ts';
import { growth } from '../soak/growth.ts';
import { limits } from './limits.ts';

/** One reload of one host. */
export interface ReloadMark {
  readonly host: string;
  /** CLOCK_MONOTONIC, ms. */
  readonly atMs: number;
  readonly tookMs: number;
  readonly result: string;
  /** Reasons and warnings. */
  readonly said: readonly string[];
}

/** A process after a reload. */
export interface ProcessSample {
  readonly half: string;
  readonly atMs: number;
  readonly residentBytes: number;
  readonly descriptors: number;
}

/** An advert as the wire had it. */
export interface WireAdvert {
  /** Of any epoch, ms. */
  readonly atMs: number;
  /** Address it came from. */
  readonly from: string;
}

/** Everything that was seen. */
export interface Observation {
  readonly advertMs: number;
  /** Planned, of each host. */
  readonly reloads: number;
  readonly overMs: number;
  readonly marks: readonly ReloadMark[];
  readonly clients: readonly KindResult[];
  readonly adverts: readonly WireAdvert[];
  /** Of the Active host. */
  readonly samples: readonly ProcessSample[];
  /** Changes of state of any virtual router. */
  readonly transitions: readonly string[];
  /** Servers that were drained before, and are no more. */
  readonly lostDrains: readonly string[];
}

/** What is wrong, in words; empty when every promise is kept. */
export function judgeReloads(seen: Observation): readonly string[] {
  return [
    ...judgeMarks(seen),
    ...judgeClients(seen),
    ...judgeAdverts(seen),
    ...judgeMemory(seen),
    ...seen.transitions.map((text) => `an address moved: ${text}`),
    ...seen.lostDrains.map((server) => `${server} was drained, and is used again`),
  ];
}

function judgeMarks({ marks, reloads, overMs }: Observation): string[] {
  const found = marks
    .filter(({ result }) => result !== 'applied')
    .map(({ host, result, said }) => `a reload of ${host} was ${result}: ${said.join('; ')}`);
  const hosts = Map.groupBy(marks, ({ host }) => host);
  if (hosts.size === 0) found.push('nothing was reloaded');
  for (const [host, own] of hosts) {
    if (own.length < reloads) found.push(`${host} was reloaded ${own.length} times of ${reloads}`);
    const tookMs = own.at(-1)!.atMs + own.at(-1)!.tookMs - own[0]!.atMs;
    if (tookMs > overMs + limits.graceMs) {
      found.push(`${own.length} reloads of ${host} took ${Math.round(tookMs / 1000)} s`);
    }
  }
  return [...new Set(found)];
}

function judgeClients({ clients }: Observation): string[] {
  if (clients.length === 0) return ['there were no clients'];
  return clients.flatMap(({ kind, exchanges, failed, broken, wrong, ended, incidents }) => {
    const counts = { failed, broken, wrong, ended };
    const bad = Object.entries(counts).filter(([, count]) => count > 0);
    const first = incidents[0]?.text;
    const example = first === undefined ? '' : ` (${first})`;
    const problems = bad.map(([what, count]) => `${kind}: ${count} ${what}${example}`);
    return exchanges === 0 ? [...problems, `${kind}: nothing was exchanged`] : problems;
  });
}

/** The longest silence between two adverts of each address that sent any, ms. */
export function advertGaps(adverts: readonly WireAdvert[]): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  const longest = new Map<string, number>();
  for (const { atMs, from } of adverts.toSorted((a, b) => a.atMs - b.atMs)) {
    const before = last.get(from);
    if (before !== undefined) longest.set(from, Math.max(longest.get(from) ?? 0, atMs - before));
    last.set(from, atMs);
  }
  return longest;
}

function judgeAdverts({ adverts, advertMs, overMs }: Observation): string[] {
  const boundMs = limits.advertGapIntervals * advertMs;
  const least = (overMs / advertMs) * 0.9;
  const senders = Map.groupBy(adverts, ({ from }) => from);
  const count = Math.max(0, ...[...senders.values()].map((own) => own.length));
  const few = count < least ? [`only ${count} adverts were heard`] : [];
  const late = [...advertGaps(adverts)]
    .filter(([, gapMs]) => gapMs > boundMs)
    .map(
      ([from, gapMs]) =>
        `${gapMs.toFixed(0)} ms between two adverts of ${from}, at most ${boundMs}`,
    );
  return [...few, ...late];
}

/** Of a short run nothing can be told: it ends while caches still fill. */
function judgeMemory({ samples, reloads }: Observation): string[] {
  if (reloads < 2 * limits.warmUpReloads) return [];
  const halves = Map.groupBy(samples, ({ half }) => half);
  const found: string[] = [];
  for (const half of ['keepalive', 'proxy']) {
    const own = halves.get(half) ?? [];
    if (own.length < reloads)
      found.push(`${half}: ${own.length} looks at its memory of ${reloads}`);
    else found.push(...growth(own.slice(limits.warmUpReloads)).map((text) => `${half}: ${text}`));
  }
  return found;
}
