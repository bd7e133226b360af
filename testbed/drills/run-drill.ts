/**
 * Runs one drill in a place: settle, clients, fault, observation, numbers, repair. The same for
 * every drill, stack and place, so that their numbers can be compared.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../lab/monotonic.ts';
import type { Probe } from '../lab/probe.ts';
import type { ProbeReport } from '../lab/probe-report.ts';
import type { Drill, DrillResult, Measurements, Timeline } from './drill.ts';
import { holderTimes, holdingsOf } from './holdings.ts';
import { limits } from './limits.ts';
import { type Place, soleHolder } from './place.ts';

/** Called as a drill goes on, with a few words for a person who watches. */
export type OnStep = (text: string) => void;

/** Runs the drill and repairs the pair. Never rejects: what went wrong is in the result. */
export async function runDrill(place: Place, drill: Drill, onStep: OnStep): Promise<DrillResult> {
  let active = place.edges[0];
  const outcome = await observe(place, drill, onStep, (edge) => {
    active = edge;
  }).catch(async (error: Error) => ({
    error: `${error.message}\n${await place.logs()}`,
    observed: null,
  }));
  const repaired = await drill.repair(place, active).then(
    () => null,
    (error: Error) => `repair: ${error.message}`,
  );
  const error = outcome.error ?? repaired;
  const bound = drill.bound(place.advertMs);
  const objection = outcome.observed?.objection ?? null;
  const value = outcome.observed === null ? null : drill.measure(outcome.observed.measured);
  const { name, fault, expectation } = drill;
  return {
    name,
    fault,
    expectation,
    place: place.kind,
    stack: place.stack,
    advertMs: place.advertMs,
    bound,
    value,
    objection,
    passed: error === null && objection === null && isWithin(value, bound.atMostMs),
    error,
    measured: outcome.observed?.measured ?? null,
    faultAtMs: outcome.observed?.faultAtMs ?? 0,
    timeline: outcome.observed?.timeline ?? null,
  };
}

function isWithin(value: number | null, atMostMs: number | null): boolean {
  return atMostMs === null || (value !== null && value <= atMostMs);
}

interface Observed {
  readonly objection: string | null;
  readonly measured: Measurements;
  readonly faultAtMs: number;
  readonly timeline: Timeline;
}

async function observe(
  place: Place,
  drill: Drill,
  onStep: OnStep,
  activeIs: (edge: string) => void,
): Promise<{ readonly error: null; readonly observed: Observed }> {
  onStep('settling');
  await soleHolder(place, place.edges[0], limits.settleTimeoutMs);
  await answering(place);
  await drill.prepare?.(place);
  const active = place.watch.holders[0]!;
  activeIs(active);
  const peer = place.edges.find((edge) => edge !== active)!;
  await delay(limits.quietMs);
  onStep(`${active} is Active; clients start`);
  const fromMs = monotonicMs();
  const probes = await startProbes(place);
  const answers =
    drill.judge === undefined ? undefined : await place.watchAnswers?.(limits.askEveryMs);
  await delay(limits.steadyMs);
  onStep(drill.fault);
  const faultAtMs = monotonicMs();
  // Watched from before the fault: a takeover may be over before the fault's own call returns.
  const takeover = soleHolder(place, peer, takeoverWaitMs(place, drill)).catch(() => null);
  await drill.inflict(place, active);
  const tookOverAtMs = await takeover;
  await delay(limits.afterwardsMs);
  const toMs = monotonicMs();
  const reports = await Promise.all(probes.map((probe) => probe.stop()));
  const holdings = holdingsOf(place.watch.history, fromMs, toMs);
  const measured = {
    ...fromReports(reports),
    ...holderTimes(holdings, faultAtMs, toMs),
    takeoverMs: tookOverAtMs === null ? null : tookOverAtMs - faultAtMs,
  };
  const scene = { active, advertMs: place.advertMs, faultAtMs, toMs };
  const objection = answers === undefined ? null : drill.judge!(await answers(), scene);
  const marks = [{ atMs: faultAtMs, text: drill.fault }];
  const timeline = { fromMs, toMs, edges: place.edges, holdings, marks, probes: reports };
  return { error: null, observed: { objection, measured, faultAtMs, timeline } };
}

function takeoverWaitMs(place: Place, drill: Drill): number {
  if (drill.prepare !== undefined) return limits.returnTimeoutMs;
  return Math.max(limits.takeoverWaitMinMs, limits.takeoverWaitIntervals * place.advertMs);
}

/** Waits until a client is served: the holder of the address may still be starting. */
export async function answering(place: Place): Promise<void> {
  const deadline = monotonicMs() + limits.settleTimeoutMs;
  for (;;) {
    const probe = await place.probe({ mode: 'http', port: 80, durationMs: 100, everyMs: 10 });
    const report = await probe.report();
    if (report.failed === 0) return;
    if (monotonicMs() > deadline) {
      throw new Error(`the pair does not answer: ${JSON.stringify(report.failures)}`);
    }
  }
}

function startProbes(place: Place): Promise<readonly Probe[]> {
  const durationMs = limits.probeDurationMs;
  const modes = [
    { mode: 'http', port: 80, everyMs: 5, durationMs } as const,
    { mode: 'keepalive', port: 80, everyMs: 20, durationMs } as const,
    ...(place.tcp ? [{ mode: 'tcp', port: 7, everyMs: 20, durationMs } as const] : []),
  ];
  return Promise.all(modes.map((options) => place.probe(options)));
}

function fromReports(reports: readonly ProbeReport[]) {
  const of = (mode: string) => reports.find((report) => report.mode === mode);
  return {
    outageMs: of('http')!.longestGapMs,
    failedRequests: of('http')!.failed,
    failedKeepAlive: of('keepalive')!.failed,
    brokenConnections: of('keepalive')!.brokenConnections,
    brokenSessions: of('tcp')?.brokenConnections ?? 0,
    latenessMs: Math.max(...reports.map((report) => report.latenessMs)),
  };
}
