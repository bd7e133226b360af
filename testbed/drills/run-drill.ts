/**
 * Runs one drill in a place: settle, clients, fault, observation, numbers, repair. The same for
 * every drill, stack and place, so that their numbers can be compared.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../lab/monotonic.ts';
import type { Probe } from '../lab/probe.ts';
import type { ProbeReport } from '../lab/probe-report.ts';
import type { ProbeMode } from '../lab/prober.ts';
import type {
  Bound,
  ClientFelt,
  Drill,
  DrillResult,
  Measurements,
  Promised,
  Timeline,
} from './drill.ts';
import { holderTimes, holdingsOf } from './holdings.ts';
import { limits } from './limits.ts';
import { otherThan, type Place, soleHolder } from './place.ts';

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
    async (error: Error) => `repair: ${error.message}\n${await place.logs()}`,
  );
  const error = outcome.error ?? repaired;
  const { objection = null, measured = null } = outcome.observed ?? {};
  const promises =
    measured === null ? [] : drill.bounds(place).map((bound) => judge(bound, measured));
  const { name, fault, expectation } = drill;
  return {
    name,
    fault,
    expectation,
    place: place.kind,
    stack: place.stack,
    advertMs: place.advertMs,
    promises,
    objection,
    passed: error === null && objection === null && promises.every(({ kept }) => kept),
    error,
    measured,
    faultAtMs: outcome.observed?.faultAtMs ?? 0,
    timeline: outcome.observed?.timeline ?? null,
  };
}

function judge({ of, ...bound }: Bound, measured: Measurements): Promised {
  const value = of(measured);
  return { ...bound, value, kept: value !== null && value <= bound.atMost };
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
  const takeover = soleHolder(place, otherThan(place, active), takeoverWaitMs(place, drill)).catch(
    () => null,
  );
  await drill.inflict(place, active);
  const tookOverAtMs = drill.stays === true ? null : await takeover;
  await delay(limits.afterwardsMs);
  const toMs = monotonicMs();
  const reports = await Promise.all(probes.map((probe) => probe.stop()));
  const holdings = holdingsOf(place.watch.history, fromMs, toMs);
  const measured = {
    ...fromReports(reports, faultAtMs),
    ...holderTimes(holdings, faultAtMs, toMs),
    moves: holdings.filter((holding) => holding.fromMs > faultAtMs).length,
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

/** Between two attempts of each kind of client; how often new connections come is how fine an outage is known. */
const EVERY_MS: Readonly<Record<ProbeMode, number>> = {
  http: 5,
  keepalive: 20,
  websocket: 20,
  tcp: 20,
  udp: 20,
};

const PORTS: Readonly<Record<ProbeMode, number>> = {
  http: 80,
  keepalive: 80,
  websocket: 80,
  tcp: 7,
  udp: 7,
};

function startProbes(place: Place): Promise<readonly Probe[]> {
  const durationMs = limits.probeDurationMs;
  return Promise.all(
    place.modes.map((mode) =>
      place.probe({ mode, port: PORTS[mode], everyMs: EVERY_MS[mode], durationMs }),
    ),
  );
}

function fromReports(reports: readonly ProbeReport[], faultAtMs: number) {
  const felt = (report: ProbeReport): ClientFelt => ({
    attempts: report.attempts,
    failed: report.failed,
    broken: report.brokenConnections,
    longestGapMs: longestGapMs(report, faultAtMs),
  });
  // What hangs on a server that stands still is nobody's to move.
  const requests = reports.filter(({ mode }) => mode === 'http' || mode === 'keepalive');
  const clients = Object.fromEntries(reports.map((report) => [report.mode, felt(report)]));
  return {
    outageMs: clients.http!.longestGapMs,
    failingMs: Math.max(0, ...requests.map((report) => lastFailureMs(report) - faultAtMs)),
    clients,
    latenessMs: Math.max(...reports.map((report) => report.latenessMs)),
  };
}

/** What was over before the fault is not its doing. */
function longestGapMs({ gaps }: ProbeReport, faultAtMs: number): number {
  const after = gaps.filter(({ fromMs, lengthMs }) => fromMs + lengthMs > faultAtMs);
  return Math.max(0, ...after.map(({ lengthMs }) => lengthMs));
}

/** The end of the last slice with an attempt that failed, CLOCK_MONOTONIC; 0: none did. */
function lastFailureMs({ slices, startedAtMs }: ProbeReport): number {
  const last = slices.failed.findLastIndex((count) => count > 0);
  return last < 0 ? 0 : startedAtMs + (last + 1) * slices.sliceMs;
}
