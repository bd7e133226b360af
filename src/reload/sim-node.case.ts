/** A node of two halves in virtual time, with messages that get lost and halves that die, for the property. */
import { pino } from 'pino';
import { APPLY_WAIT_MS, FOLLOWER_MARGIN_MS, RELOAD_PREPARED_MAX_MS } from './limits.ts';
import { type PreparedHalf, ReloadDesk, ReloadRefusal } from './reload-desk.ts';
import type {
  ApplyAnswer,
  DeskReport,
  HalfName,
  PrepareAnswer,
  ReloadHalf,
  Unanswered,
} from './reload-half.ts';

/** Decides what happens next; 0 is always that nothing goes wrong. */
export type Draw = (below: number) => number;

/** Turns of the microtask queue after which everything that waits for no timer has happened. */
const TURNS = 40;

/** Time that only passes when nobody has anything to do. */
export class SimClock {
  now = 0;
  readonly #timers: { at: number; readonly run: () => void }[] = [];

  readonly after = (ms: number, run: () => void): (() => void) => {
    const timer = { at: this.now + ms, run };
    this.#timers.push(timer);
    return () => {
      timer.at = Number.POSITIVE_INFINITY;
    };
  };

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Until nobody waits for anything, or so long. */
  async run(untilMs: number): Promise<void> {
    for (;;) {
      for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
      const next = this.#timers.reduce((a, b) => (b.at < a.at ? b : a), { at: untilMs, run() {} });
      if (next.at >= untilMs) return;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.now = next.at;
      next.run();
    }
  }
}

/** The file, which somebody may edit. */
export interface SimFile {
  digest: string;
}

/** One half, and the way to it. */
export class SimHalf implements ReloadHalf {
  readonly name: HalfName;
  running: string;
  /** It has ended, perhaps to come back. */
  died = false;
  /** Calls that still get through; then whoever calls is dead itself. */
  callsLeft = Number.POSITIVE_INFINITY;
  readonly #clock: SimClock;
  readonly #file: SimFile;
  readonly #draw: Draw;
  readonly #desk: ReloadDesk;
  #alive = true;

  constructor(name: HalfName, file: SimFile, clock: SimClock, draw: Draw, leader?: SimHalf) {
    this.name = name;
    this.running = file.digest;
    this.#file = file;
    this.#clock = clock;
    this.#draw = draw;
    const margin = name === 'agent' ? FOLLOWER_MARGIN_MS : 0;
    this.#desk = new ReloadDesk({
      half: name,
      prepare: () => this.#prepare(),
      running: () => this.running,
      preparedMaxMs: RELOAD_PREPARED_MAX_MS + margin,
      ...(leader === undefined ? {} : { leader: async () => leader.seen() }),
      after: clock.after,
      log: pino({ level: 'silent' }),
    });
  }

  /** As another half sees it: that way is sure. */
  seen(): DeskReport | Unanswered {
    return this.#alive ? this.#desk.report() : { type: 'absent', why: 'it has ended' };
  }

  prepare(token: string): Promise<PrepareAnswer> {
    return this.#call(() => this.#desk.prepare(token));
  }

  apply(token: string): Promise<ApplyAnswer> {
    return this.#call(() => this.#desk.apply(token));
  }

  async abandon(token: string): Promise<void> {
    await this.#call(() => this.#desk.abandon(token));
  }

  report(): Promise<DeskReport | Unanswered> {
    return this.#call(async () => this.#desk.report());
  }

  async #prepare(): Promise<PreparedHalf> {
    await this.#clock.wait(this.#draw(4) * 5_000);
    if (this.#draw(8) === 7) throw new ReloadRefusal(['a mistake in the file']);
    const { digest } = this.#file;
    const { running } = this;
    const wants = { agent: true, balancer: true };
    return {
      offer: { digest, running, node: null, file: '/f', plan: [], warnings: [], wants },
      apply: async () => {
        await this.#clock.wait(this.#draw(4) * 10_000);
        // The agent's part cannot fail any more: what it refuses, it refuses before.
        if (this.name === 'balancer' && this.#draw(6) === 5) throw new ReloadRefusal(['taken']);
        this.running = digest;
      },
      abandon: async () => {},
    };
  }

  /** What can become of a message and of its answer. */
  async #call<T>(work: () => Promise<T>): Promise<T | Unanswered> {
    if (this.callsLeft-- <= 0) return new Promise(() => {});
    if (!this.#alive) return { type: 'absent', why: 'not running' };
    const fate = this.#draw(16);
    if (fate === 15) {
      await this.#clock.wait(APPLY_WAIT_MS);
      return { type: 'silent', why: 'the question was lost' };
    }
    if (fate === 14) {
      this.#alive = false;
      this.died = true;
      return { type: 'absent', why: 'it died' };
    }
    const answer = work();
    const late = this.#clock.wait(APPLY_WAIT_MS).then((): Unanswered => {
      return { type: 'silent', why: 'the answer took too long' };
    });
    if (fate === 13) return late;
    return Promise.race([answer, late]);
  }
}
