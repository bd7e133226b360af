/** One run of one row on one pair: the same steps, clients and observers whoever the pair is. */
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../lab/monotonic.ts';
import type { Answer } from '../drill.ts';
import { holderTimes, holdingsOf } from '../holdings.ts';
import type { LabPlace } from '../lab-place.ts';
import { limits } from '../limits.ts';
import { soleHolder } from '../place.ts';
import { answering } from '../run-drill.ts';
import type { Measured } from './comparison.ts';
import type { Row } from './rows.ts';

/** Between two new connections of the client, ms: how fine an outage is known. */
export const PROBE_EVERY_MS = 2;
/** Between two questions of the observer, ms. */
const ASK_EVERY_MS = 4;

/**
 * Runs the row and repairs the pair. `phaseMs`: how old the last advert is when the fault comes. Rejects with what
 * the edges logged.
 */
export async function runRow(place: LabPlace, row: Row, phaseMs: number): Promise<Measured> {
  let active: string = place.edges[0];
  try {
    await soleHolder(place, active, limits.settleTimeoutMs);
    await answering(place);
    await row.prepare?.(place);
    active = place.watch.holders[0]!;
    await delay(limits.quietMs);
    return await observe(place, row, active, phaseMs);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${place.stack}, ${row.name}: ${message}\n${await place.logs()}`);
  } finally {
    await row.repair(place, active);
  }
}

async function observe(
  place: LabPlace,
  row: Row,
  active: string,
  phaseMs: number,
): Promise<Measured> {
  const inflict = row.aim(place, active);
  const adverts = await place.adverts();
  const durationMs = limits.probeDurationMs;
  const probe = await place.probe({ mode: 'http', port: 80, everyMs: PROBE_EVERY_MS, durationMs });
  const answers = await place.watchAnswers(ASK_EVERY_MS);
  const fromMs = monotonicMs();
  await delay(limits.steadyMs);
  await adverts.after(phaseMs);
  const faultAtMs = monotonicMs();
  // An orderly stop may take a minute; what clients feel of it is over long before.
  const inflicted = Promise.resolve(inflict());
  inflicted.catch(() => {});
  await row.follow(place, active);
  const toMs = monotonicMs();
  adverts.stop();
  const [report, heard] = await Promise.all([probe.stop(), answers(), inflicted]);
  // What was over before it is not the fault's doing.
  const gap = report.gaps.find(({ fromMs: begun, lengthMs }) => begun + lengthMs > faultAtMs)!;
  const holdings = holdingsOf(place.configured.history, fromMs, toMs);
  return {
    outageMs: gap.lengthMs,
    outageAfterMs: gap.fromMs - faultAtMs,
    twoAnsweringMs: twoAnsweringMs(heard, ASK_EVERY_MS),
    twoConfiguredMs: holderTimes(holdings, faultAtMs, toMs).twoHoldersMs,
    failed: report.failed,
    latenessMs: report.latenessMs,
  };
}

/** How long more than one host answered: questions with two answers, times what is between them. */
export function twoAnsweringMs(answers: readonly Answer[], everyMs: number): number {
  const hostsAt = new Map<number, Set<string>>();
  for (const { atMs, host } of answers) {
    const hosts = hostsAt.get(atMs) ?? new Set();
    hostsAt.set(atMs, hosts.add(host));
  }
  return [...hostsAt.values()].filter((hosts) => hosts.size > 1).length * everyMs;
}
