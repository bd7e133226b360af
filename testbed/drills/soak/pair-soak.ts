/** `npm run soak -- --hours N`: drills on one pair, in an order that a seed gives, for a long time. */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Prng } from '../../../keepalive/simulator/prng.ts';
import { enterLab, insideLab } from '../../lab/enter.ts';
import { monotonicMs } from '../../lab/monotonic.ts';
import { tandem } from '../../lab/stacks/tandem.ts';
import { drills } from '../catalogue/index.ts';
import type { Drill, DrillResult } from '../drill.ts';
import { LabPlace } from '../lab-place.ts';
import type { Abilities } from '../place.ts';
import { writeDrillReports } from '../report-files.ts';
import { verdict } from '../result-text.ts';
import { runDrill } from '../run-drill.ts';
import { drillOrder } from './drill-order.ts';
import { limits } from './limits.ts';
import {
  growth,
  LogReader,
  look,
  most,
  type PairState,
  sameProcesses,
  settle,
  twoHolders,
} from './pair-state.ts';

export const pairUsage = 'npm run soak -- --hours N [--seed S] [--from K]';

const ADVERT_MS = 100;
const HOUR_MS = 3_600_000;

interface Request {
  readonly hours: number;
  readonly seed: number;
  readonly from: number;
}

/** Null: that is no request. */
function parseRequest(argv: readonly string[]): Request | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      hours: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      from: { type: 'string', default: '1' },
    },
  });
  const [hours, seed, from] = [values.hours, values.seed, values.from].map(Number) as [
    number,
    number,
    number,
  ];
  const sound = hours > 0 && hours <= limits.hoursMax && Number.isSafeInteger(seed);
  return sound && Number.isSafeInteger(from) && from >= 1 ? { hours, seed, from } : null;
}

/** Status 0: every drill kept its bounds and left a whole pair. 1: not so. 2: it was not to be run. */
export async function pairSoak(program: string, argv: readonly string[]): Promise<number> {
  const request = parseRequest(argv);
  const missing = tandem.missing();
  if (request === null || missing.length > 0) {
    console.error(request === null ? `usage: ${pairUsage}` : `it needs ${missing.join(', ')}`);
    return 2;
  }
  if (!insideLab()) return await enterLab([process.execPath, program, ...argv]);
  const place = await LabPlace.boot(tandem, ADVERT_MS, { startsAside: true });
  try {
    await settle(place);
    return await new PairSoak(place, request).run();
  } finally {
    await place.close();
  }
}

/** One run on a booted pair. */
class PairSoak {
  readonly #place: LabPlace;
  readonly #request: Request;
  readonly #logs = new LogReader();
  readonly #problems: string[] = [];
  readonly #missed: DrillResult[] = [];
  /** What ran at first; and what there was at most in the first round. */
  readonly #first: PairState;
  #usual: PairState;
  #requests = 0;
  #last = monotonicMs();

  /** The pair has settled. */
  constructor(place: LabPlace, request: Request) {
    this.#place = place;
    this.#request = request;
    this.#first = look(place);
    this.#usual = this.#first;
  }

  async run(): Promise<number> {
    const { seed, hours, from } = this.#request;
    const place = this.#place;
    const can: Partial<Abilities> = place.can;
    const usable = drills.filter(({ needs = [] }) => needs.every((it) => can[it] !== undefined));
    const pauses = new Prng(seed);
    this.#last = monotonicMs();
    const untilMs = monotonicMs() + hours * HOUR_MS;
    let number = 0;
    for (const drill of drillOrder(usable, seed)) {
      number += 1;
      const pauseMs = pauses.integer(0, limits.pauseMaxMs);
      if (number < from) continue;
      if (monotonicMs() >= untilMs) break;
      await delay(pauseMs);
      await this.#one(number, drill, number < from + usable.length);
    }
    return this.#summary(number - from, usable.length);
  }

  /** Runs a drill, and looks at what it left. In the first round it is learnt what is usual. */
  async #one(number: number, drill: Drill, learns: boolean): Promise<void> {
    const place = this.#place;
    this.#object(drill, number, twoHolders(place, this.#last, monotonicMs()));
    const result = await this.#tries(drill);
    this.#last = result.timeline?.toMs ?? monotonicMs();
    for (const { attempts } of Object.values(result.measured?.clients ?? {})) {
      this.#requests += attempts;
    }
    console.log(`${number} ${drill.name}: ${verdict(result).text}`);
    if (!result.passed) {
      this.#missed.push(result);
      this.#object(drill, number, [verdict(result).text]);
    }
    const left = await settle(place)
      .then(() => sameProcesses(place, this.#first))
      .then(
        () => this.#grown(look(place), learns),
        (error: Error) => [error.message],
      );
    const hosts = place.edges.map((edge) => place.lab.host(edge));
    this.#object(drill, number, [...left, ...this.#logs.wrong(hosts)]);
  }

  async #tries(drill: Drill): Promise<DrillResult> {
    for (let left: number = limits.triesMax; ; left--) {
      const result = await runDrill(this.#place, drill, () => {});
      if (result.passed || left === 1) return result;
      console.log(`  again, after ${verdict(result).text}`);
      await settle(this.#place).catch(() => {});
    }
  }

  #grown(now: PairState, learns: boolean): readonly string[] {
    if (learns) this.#usual = most(this.#usual, now);
    return growth(this.#usual, now);
  }

  #object({ name }: Drill, number: number, texts: readonly string[]): void {
    for (const text of texts) {
      this.#problems.push(`${number} ${name}: ${text}`);
      console.log(`  WRONG: ${text}`);
    }
  }

  #summary(count: number, kinds: number): number {
    const { hours, seed, from } = this.#request;
    const now = look(this.#place);
    const megabytes = ({ residentBytes }: PairState) => Math.round(residentBytes / 1e6);
    console.log(
      `\n${count} drills of ${kinds} kinds in ${hours} h, ${this.#requests} attempts of clients; ` +
        `memory of both hosts ${megabytes(this.#usual)} MB at most in the first round, ` +
        `${megabytes(now)} at the end; descriptors ${this.#usual.descriptors}, ${now.descriptors}`,
    );
    for (const problem of this.#problems) console.error(problem);
    if (this.#missed.length > 0) {
      console.error(`report: ${writeDrillReports('soak', this.#missed)}`);
    }
    if (this.#problems.length === 0) return 0;
    console.error(`again: npm run soak -- --hours ${hours} --seed ${seed} --from ${from}`);
    return 1;
  }
}
