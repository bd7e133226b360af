import type { TrackedProcess } from '../../src/config/agent-config.ts';
import { processScanMicros } from '../limits.ts';
import type { Clock, ProcessScanner, Timer } from '../ports.ts';
import type { TrackerReading } from '../virtual-router/priority.ts';
import { notCheckedYet, type Tracker, weightEffect } from './tracker.ts';

/** A tracked process: passes while at least `quorum` processes of the description run. */
export class ProcessTracker implements Tracker {
  readonly #config: TrackedProcess;
  readonly #watch: ProcessWatch;
  /** Null before the first look. */
  #count: number | null = null;
  /** Why the last look failed; its outcome then is the one before. */
  #failure: string | null = null;
  /** Counts for nothing until the first look. */
  #joining = false;

  /** `watch` looks for it, together with all others. */
  constructor(config: TrackedProcess, watch: ProcessWatch) {
    this.#config = config;
    this.#watch = watch;
    watch.add(this);
  }

  /** What to look for. */
  get config(): TrackedProcess {
    return this.#config;
  }

  /** See Tracker. */
  join(predecessor: Tracker | null): void {
    if (!(predecessor instanceof ProcessTracker)) {
      this.#joining = true;
      return;
    }
    this.#joining = predecessor.#joining;
    this.#count = predecessor.#count;
    this.#failure = predecessor.#failure;
  }

  /** First look now, or with the others when there are some. */
  start(): void {
    this.#watch.start();
  }

  /** Nobody looks for it any more. */
  stop(): void {
    this.#watch.remove(this);
  }

  /** Takes a count, or why there is none; true when the reading has changed. */
  update(count: number | string): boolean {
    const before = this.reading().reason;
    this.#failure = typeof count === 'string' ? count : null;
    if (typeof count === 'number') this.#count = count;
    return this.reading().reason !== before;
  }

  /** What it does to the priority. */
  reading(): TrackerReading {
    const { name, weight, quorum } = this.#config;
    if (this.#joining && this.#count === null) {
      return { kind: 'process', name, effect: { type: 'none' }, reason: notCheckedYet };
    }
    const effect = weightEffect(weight, this.#count !== null && this.#count >= quorum);
    return { kind: 'process', name, effect, reason: this.#reason(quorum) };
  }

  #reason(quorum: number): string {
    const failed = this.#failure === null ? '' : ` (cannot look: ${this.#failure})`;
    if (this.#count === null) return `nobody has looked yet${failed}`;
    return `${this.#count} running, ${quorum} needed${failed}`;
  }
}

/**
 * Looks for all tracked processes at once, every `processScanMicros`, never twice at a time.
 */
export class ProcessWatch {
  readonly #clock: Clock;
  readonly #scanner: ProcessScanner | undefined;
  readonly #onChange: () => void;
  #trackers: readonly ProcessTracker[] = [];
  #running = false;
  /** A look of an earlier round has nothing to say. */
  #round = 0;
  #timer: Timer | null = null;

  /** Without a scanner every look fails. `onChange` is called when a reading changed. */
  constructor(clock: Clock, scanner: ProcessScanner | undefined, onChange: () => void) {
    this.#clock = clock;
    this.#scanner = scanner;
    this.#onChange = onChange;
  }

  /** Looks for this one too. */
  add(tracker: ProcessTracker): void {
    this.#trackers = [...this.#trackers, tracker];
  }

  /** No longer for this one; without any nobody looks. The result of a look under way is ignored. */
  remove(tracker: ProcessTracker): void {
    this.#trackers = this.#trackers.filter((other) => other !== tracker);
    if (this.#trackers.length > 0) return;
    this.#running = false;
    this.#timer?.cancel();
  }

  /** First look now; once started, a second call does nothing. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#round += 1;
    void this.#look(this.#round);
  }

  async #look(round: number): Promise<void> {
    const startedAt = this.#clock.now();
    const trackers = this.#trackers;
    const counts = await this.#counts(trackers);
    if (!this.#running || round !== this.#round) return;
    const next = Math.max(startedAt + processScanMicros, this.#clock.now());
    this.#timer = this.#clock.timer(next, () => void this.#look(round));
    const changed = trackers.filter((tracker, at) =>
      tracker.update(typeof counts === 'string' ? counts : (counts[at] ?? 0)),
    );
    if (changed.length > 0) this.#onChange();
  }

  async #counts(trackers: readonly ProcessTracker[]): Promise<readonly number[] | string> {
    if (this.#scanner === undefined) return 'not on this host';
    try {
      return await this.#scanner.count(trackers.map(({ config }) => config.match));
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
