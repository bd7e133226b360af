/** Judges what the network heard while a host was frozen, and after it woke. Pure. */
import type { Answer } from './drill.ts';

/** When what happened, CLOCK_MONOTONIC in ms. */
export interface FrozenTimes {
  readonly frozenAtMs: number;
  /** The host stood still at least until then. */
  readonly thawedAtMs: number;
  readonly toMs: number;
  /** How long at the most the last advertisement speaks for the host. */
  readonly leaseMs: number;
  readonly advertMs: number;
}

/** The last so many milliseconds must have one answerer: what is settled then stays so. */
const SETTLED_MS = 300;

/**
 * Null when the frozen host fell silent within its lease, and the address went from host to host
 * with no overlap longer than an advertisement; otherwise what was heard instead.
 */
export function judgeFrozen(
  answers: readonly Answer[],
  frozen: string,
  times: FrozenTimes,
): string | null {
  const { frozenAtMs, thawedAtMs, toMs, leaseMs, advertMs } = times;
  const muteFromMs = frozenAtMs + leaseMs;
  const speaking = answers.filter(
    ({ host, atMs }) => host === frozen && atMs > muteFromMs && atMs < thawedAtMs,
  );
  if (speaking.length > 0) {
    const lateMs = speaking.at(-1)!.atMs - frozenAtMs;
    return `${frozen} answered for the address ${lateMs.toFixed(0)} ms after it was frozen`;
  }
  const settled = new Set(
    answers.filter(({ atMs }) => atMs > toMs - SETTLED_MS).map(({ host }) => host),
  );
  if (settled.size !== 1) return `in the end [${[...settled].join(', ')}] answer for the address`;
  return flap(answers, frozen, { thawedAtMs, advertMs });
}

/** After waking the host may take the address back once, and nobody speaks for it again. */
function flap(
  answers: readonly Answer[],
  frozen: string,
  { thawedAtMs, advertMs }: Pick<FrozenTimes, 'thawedAtMs' | 'advertMs'>,
): string | null {
  const awake = answers.filter(({ atMs }) => atMs >= thawedAtMs);
  const back = awake.find(({ host }) => host === frozen);
  if (back === undefined) return null;
  const late = awake.find(({ host, atMs }) => host !== frozen && atMs > back.atMs + advertMs);
  if (late === undefined) return null;
  const afterMs = (late.atMs - back.atMs).toFixed(0);
  return `${late.host} still answered ${afterMs} ms after ${frozen} had come back`;
}
