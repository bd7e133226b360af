/**
 * What `npm start` shows: a pair serves, its active host loses power, the other one takes over, the
 * first one comes back. The same lab, prober and measurements as the drills, told as it happens.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Timeline } from '../drills/drill.ts';
import { holderTimes, holdingsOf } from '../drills/holdings.ts';
import type { LabPlace } from '../drills/lab-place.ts';
import { soleHolder } from '../drills/place.ts';
import type { LiveView } from './live-view.ts';
import { monotonicMs } from './monotonic.ts';
import type { Probe } from './probe.ts';
import type { ProbeReport } from './probe-report.ts';
import type { ProbeProgress } from './prober.ts';

/** Paces of the show; together with booting they stay well under half a minute. */
const pace = {
  bootTimeoutMs: 15_000,
  steadyMs: 2_500,
  takeoverTimeoutMs: 8_000,
  afterTakeoverMs: 2_500,
  returnTimeoutMs: 15_000,
  afterReturnMs: 1_500,
} as const;

/** Without an answer for longer than this, the client is said to get none: ten attempts. */
const SILENCE_MS = 50;

/** One act of the show: what happened to the address, and what the client felt. */
export interface Act {
  readonly title: string;
  readonly takeoverMs: number;
  readonly twoHoldersMs: number;
  readonly report: ProbeReport;
  readonly timeline: Timeline;
}

/** Runs the show on a prepared place whose edges are not started yet. */
export async function demonstrate(place: LabPlace, view: LiveView): Promise<readonly Act[]> {
  const [first, second] = place.edges;
  const story = new Story(place, view);
  await Promise.all(place.edges.map((edge) => place.start(edge)));
  await soleHolder(place, first, pace.bootTimeoutMs);
  await answered(place);
  story.tell('good', `${first} is Active: it holds ${place.address}; ${second} is its Backup`);
  const crash = await story.act(`${first} loses power`, second, {
    before: () => delay(pace.steadyMs),
    event: () => place.crash(first),
    telling: `${first} loses power: its link is gone, everything on it is killed`,
    timeoutMs: pace.takeoverTimeoutMs,
    afterMs: pace.afterTakeoverMs,
  });
  const comeback = await story.act(`${first} comes back`, first, {
    before: async () => {},
    event: () => place.start(first),
    telling: `${first} has its power back and starts again`,
    timeoutMs: pace.returnTimeoutMs,
    afterMs: pace.afterReturnMs,
  });
  view.clear();
  return [crash, comeback];
}

/** Asks until somebody answers: the address may be there before its first origin is known healthy. */
async function answered(place: LabPlace): Promise<void> {
  const deadline = monotonicMs() + pace.bootTimeoutMs;
  for (;;) {
    const probe = await place.probe({ mode: 'http', port: 80, durationMs: 60, everyMs: 20 });
    if ((await probe.report()).failed === 0) return;
    if (monotonicMs() > deadline) throw new Error(`nobody answers on ${place.address}`);
  }
}

interface ActPlan {
  before(): Promise<unknown>;
  event(): Promise<void>;
  /** Said when the event begins. */
  readonly telling: string;
  readonly timeoutMs: number;
  readonly afterMs: number;
}

class Story {
  readonly #place: LabPlace;
  readonly #view: LiveView;
  readonly #startMs = monotonicMs();

  constructor(place: LabPlace, view: LiveView) {
    this.#place = place;
    this.#view = view;
  }

  /** A line that stays, with the time since the beginning. */
  tell(tone: 'good' | 'bad', text: string): void {
    const mark = this.#view.paint(tone, tone === 'good' ? '+' : 'x');
    this.#view.line(`${this.#time()}  ${mark} ${text}`);
  }

  /** Clients run, the event strikes, `heir` must hold the address alone in the end. */
  async act(title: string, heir: string, plan: ActPlan): Promise<Act> {
    const place = this.#place;
    const fromMs = monotonicMs();
    const probe = await place.probe({ mode: 'http', port: 80, durationMs: 60_000 });
    this.#follow(probe);
    await plan.before();
    const eventAtMs = monotonicMs();
    const moved = soleHolder(place, heir, plan.timeoutMs);
    // Told apart from the rejection of the event itself, which is awaited first.
    moved.catch(() => {});
    this.tell('bad', plan.telling);
    await plan.event();
    const movedAtMs = await moved;
    this.tell('good', `${heir} is Active, ${(movedAtMs - eventAtMs).toFixed(0)} ms later`);
    await delay(plan.afterMs);
    const report = await probe.stop();
    const toMs = monotonicMs();
    const outage = report.longestGapMs.toFixed(0);
    this.tell('good', `the client's longest wait for an answer was ${outage} ms`);
    const holdings = holdingsOf(place.watch.history, fromMs, toMs);
    const { twoHoldersMs } = holderTimes(holdings, eventAtMs, toMs);
    const marks = [{ atMs: eventAtMs, text: title }];
    const timeline = { fromMs, toMs, edges: place.edges, holdings, marks, probes: [report] };
    return { title, takeoverMs: movedAtMs - eventAtMs, twoHoldersMs, report, timeline };
  }

  #follow(probe: Probe): void {
    let silent = false;
    probe.onProgress((progress) => {
      const wasSilent = silent;
      silent = progress.silentMs > SILENCE_MS;
      if (silent && !wasSilent) this.tell('bad', 'the client gets no answer');
      if (!silent && wasSilent) this.tell('good', 'the client gets answers again');
      this.#view.pass(`${this.#time()}    ${this.#describe(progress)}`, monotonicMs());
    });
  }

  #describe({ ok, failed, silentMs, servers }: ProbeProgress): string {
    const holders = this.#place.watch.holders.join(' and ') || 'nobody';
    if (silentMs > SILENCE_MS) return `${holders} Active, no answer for ${silentMs.toFixed(0)} ms`;
    const shares = Object.keys(servers).sort();
    const spread = shares.map((name) => `${name} ${servers[name]}`).join('  ');
    return `${holders} Active, ${ok} answers in 0.1 s: ${spread}${failed > 0 ? `, ${failed} failed` : ''}`;
  }

  #time(): string {
    return `${((monotonicMs() - this.#startMs) / 1000).toFixed(2).padStart(6)} s`;
  }
}
