import { addressQuietMicros, addressRenewMicros, addressRepairMicros } from '../limits.ts';
import type { LogLimiter } from '../log-limiter.ts';
import type { Clock, Logger, Timer } from '../ports.ts';

/** What a keeper keeps, and how it gets into the kernel and out of it. */
export interface Belongings<T> {
  /** In the plural, for the log. */
  readonly noun: 'addresses' | 'routes';
  /** Name of the virtual router. */
  readonly router: string;
  /** The interface they are on, or the router's. */
  readonly interface: string;
  readonly all: readonly T[];
  /** What tells one from the others: as `found` names it, and as the log does. */
  keyOf(item: T): string;
  /** One is the other, in every respect. */
  same(one: T, other: T): boolean;
  /** Idempotent. After `lifetimeSeconds` the kernel takes it off again by itself. */
  add(item: T, lifetimeSeconds?: number): Promise<void>;
  /** Idempotent: one that is not there, or whose interface is not, is success. */
  remove(item: T): Promise<void>;
  /** Keys of what is in the kernel, whosoever it is; null: their interface is gone. */
  found(): Promise<ReadonlySet<string> | null>;
  /** Before some are added: where they go has to be there. */
  enter?(): void;
  /** After all were added: what has to follow them. */
  entered?(): Promise<void>;
  /** After all were removed: where they were may go too. */
  leave?(): void;
  /** Keys that are never looked after: the host's own. */
  spared?(): ReadonlySet<string>;
  /** Somebody else removed or added these; they are being put right. */
  onMeddled(keys: readonly string[], change: 'removed' | 'added'): void;
  /** The kernel refused so many. */
  onErrors(count: number): void;
}

/** What the keeper works with. */
export interface KeeperOptions<T> {
  readonly belongings: Belongings<T>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  /** Seconds after which the kernel drops what was not renewed; null: never. Asked at each claim. */
  lifetimeSeconds(): number | null;
  /** All of them are there, after `hold` or after a look. */
  onHeld(): void;
  /** Somebody took some away, and they are back. */
  onRepaired(): void;
  /** The kernel refuses one that should be held. */
  onRefused(reason: string): void;
  /** What a new configuration gave up is gone. */
  onRetired(): void;
}

type Wish = 'present' | 'absent';

/**
 * What there is to do, the first before the others: take out what was given up; bring everything to
 * a new wish; look for somebody else's changes; give what is held another lifetime.
 */
const TASKS = ['retire', 'change', 'check', 'renew'] as const;
type Task = (typeof TASKS)[number];

/**
 * Keeps what belongs to one virtual router (its addresses, its routes) where the state machine wants
 * it: in the kernel while Active, out of it otherwise.
 *
 * There is a wish (`hold` or `release`) and one worker that brings the kernel there, so that a
 * claim and a release in quick succession can never overtake each other on the way. Somebody else's
 * change (a network manager that tidies up, a person) is undone, at once the first time and then
 * with growing waits, because a fight with another program must not become a busy loop.
 *
 * With a lifetime they are renewed while they are held, so that those of a process which does not
 * run any more go away by themselves.
 */
export class Keeper<T> {
  readonly #options: KeeperOptions<T>;
  #wanted: Wish = 'absent';
  readonly #todo = new Set<Task>();
  /** Given up by a new configuration, and not known to be gone. */
  #retired: readonly T[] = [];
  /** The kernel was brought to the wish. */
  #fulfilled = false;
  #worker: Promise<void> | null = null;
  #working = false;
  #timer: Timer | null = null;
  #renewal: Timer | null = null;
  #retirement: Timer | null = null;
  #lifetime: number | null = null;
  #repairs = 0;
  /** Changes of somebody else that were undone, ever. */
  #repaired = 0;
  #lastRepairAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: KeeperOptions<T>) {
    this.#options = options;
  }

  /** They should be there, whether or not they are. */
  get wanted(): boolean {
    return this.#wanted === 'present';
  }

  /** True while all are wanted and known to be there. */
  get held(): boolean {
    return this.#wanted === 'present' && this.#fulfilled;
  }

  /** True while all are unwanted and known to be gone. */
  get gone(): boolean {
    return this.#wanted === 'absent' && this.#fulfilled && this.#retired.length === 0;
  }

  /** At start, before any claim: what an agent that was killed left behind is removed. */
  async sweep(): Promise<void> {
    this.look();
    await this.settle();
  }

  /** Compares the kernel with the wish, and puts right what differs. */
  look(): void {
    this.#add('check');
  }

  /** Wants them there. `onHeld` is called when they are. */
  hold(): void {
    this.#lifetime = this.#options.lifetimeSeconds();
    this.#want('present');
  }

  /** Wants them gone. */
  release(): void {
    this.#want('absent');
  }

  /** The configuration has another list of them; `retired` are to go, whatever the wish. */
  replace(retired: readonly T[]): void {
    const { belongings } = this.#options;
    this.#retired = [...this.#retired, ...retired].filter(
      (old) => !belongings.all.some((own) => belongings.same(own, old)),
    );
    this.#add('retire');
    this.#want(this.#wanted);
  }

  #want(wanted: Wish): void {
    this.#wanted = wanted;
    this.#fulfilled = false;
    this.#timer?.cancel();
    this.#timer = null;
    this.#renewal?.cancel();
    this.#renewal = null;
    this.#add('change');
  }

  /** Somebody changed the one of this key, or changes may have been missed (`null`): look. */
  changed(key: string | null, change: 'added' | 'removed' | 'unknown'): void {
    const { belongings } = this.#options;
    if (key !== null && !belongings.all.some((own) => belongings.keyOf(own) === key)) return;
    if (change === 'added' && this.#wanted === 'present') return;
    if (change === 'removed' && this.#wanted === 'absent') return;
    if (this.#closed || this.#timer !== null) return;
    this.#after(this.#repairDelay(), () => this.look());
  }

  /**
   * Resolves when the kernel matches the wish, or cannot be brought there. A repair that waits for
   * its time is made now: whoever settles may be about to close, and nobody would look again.
   */
  async settle(): Promise<void> {
    if (this.#timer !== null) {
      this.#timer.cancel();
      this.#timer = null;
      this.look();
    }
    while (this.#worker !== null) await this.#worker;
  }

  /** Stops repairing. Call after the last `release` and `settle`. */
  close(): void {
    this.#closed = true;
    this.#retirement?.cancel();
    this.#retirement = null;
    this.#timer?.cancel();
    this.#timer = null;
    this.#renewal?.cancel();
    this.#renewal = null;
  }

  #repairDelay(): number {
    const now = this.#options.clock.now();
    if (now - this.#lastRepairAt > addressQuietMicros) this.#repairs = 0;
    const last = addressRepairMicros.length - 1;
    return addressRepairMicros[Math.min(this.#repairs, last)] ?? 0;
  }

  #after(micros: number, run: () => void): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#closed) return;
    if (micros === 0) {
      run();
      return;
    }
    const { clock } = this.#options;
    this.#timer = clock.timer(clock.now() + micros, () => {
      this.#timer = null;
      run();
    });
  }

  #work(): void {
    if (this.#working) return;
    // Not by `#worker`: its first task may make the kernel's news ask for work before it is returned.
    this.#working = true;
    this.#worker = this.#run();
  }

  /**
   * One worker; a wish that changes meanwhile is served by its next round. Looking for somebody
   * else's changes comes after every change of ours, which would look like one.
   */
  async #run(): Promise<void> {
    try {
      for (let task = this.#next(); task !== null; task = this.#next()) {
        if (task === 'retire') {
          await this.#retire();
          continue;
        }
        const wanted = this.#wanted;
        const repairs = this.#repaired;
        const failure = await this.#pass(wanted, task);
        if (this.#todo.has('change')) continue;
        if (failure !== null) {
          this.#failed(wanted, failure);
          continue;
        }
        this.#fulfilled = true;
        if (wanted === 'absent') continue;
        this.#renewLater();
        this.#options.onHeld();
        if (this.#repaired > repairs) this.#options.onRepaired();
      }
    } finally {
      // Before anybody can ask for work again and be given the worker that has just ended.
      this.#worker = null;
      this.#working = false;
    }
  }

  #next(): Task | null {
    for (const task of TASKS) if (this.#todo.delete(task)) return task;
    return null;
  }

  #add(task: Task): void {
    if (this.#closed) return;
    this.#todo.add(task);
    this.#work();
  }

  #renewLater(): void {
    if (this.#lifetime === null || this.#renewal !== null || this.#closed) return;
    const { clock } = this.#options;
    this.#renewal = clock.timer(clock.now() + addressRenewMicros, () => {
      this.#renewal = null;
      this.#add('renew');
    });
  }

  /** Does one task; the first of its errors is returned. */
  async #pass(wanted: Wish, task: Task): Promise<Error | null> {
    const { belongings } = this.#options;
    try {
      const targets = task === 'change' ? this.#own() : await this.#targets(wanted, task);
      const lifetime = this.#lifetime ?? undefined;
      if (wanted === 'present' && targets.length > 0) belongings.enter?.();
      const results = await Promise.allSettled(
        targets.map((item) =>
          wanted === 'present' ? belongings.add(item, lifetime) : belongings.remove(item),
        ),
      );
      const failures = results.filter((result) => result.status === 'rejected');
      if (failures.length > 0) belongings.onErrors(failures.length);
      else if (wanted === 'absent') belongings.leave?.();
      else if (targets.length > 0) await belongings.entered?.();
      return failures.length === 0 ? null : asError(failures[0]?.reason);
    } catch (error) {
      belongings.onErrors(1);
      return asError(error);
    }
  }

  async #retire(): Promise<void> {
    const { belongings, clock } = this.#options;
    const retired = this.#retired;
    const spared = belongings.spared?.();
    const going = retired.filter((item) => spared?.has(belongings.keyOf(item)) !== true);
    const results = await Promise.allSettled(going.map((item) => belongings.remove(item)));
    const stuck = going.filter((_, at) => results[at]?.status === 'rejected');
    this.#retired = [...stuck, ...this.#retired.filter((item) => !retired.includes(item))];
    if (stuck.length === 0) {
      this.#options.onRetired();
      return;
    }
    belongings.onErrors(stuck.length);
    const failure = results.find((result) => result.status === 'rejected');
    this.#cannot('remove', asError(failure?.reason));
    // After what the wish makes of the rest, whose own attempts may wait longer.
    this.#retirement?.cancel();
    this.#retirement = clock.timer(clock.now() + addressRepairMicros[3], () => {
      this.#retirement = null;
      this.#add('retire');
    });
  }

  /** What is looked after; what is spared is only ever added. */
  #own(): readonly T[] {
    const { belongings } = this.#options;
    if (this.#wanted === 'present') return belongings.all;
    const spared = belongings.spared?.();
    return belongings.all.filter((item) => spared?.has(belongings.keyOf(item)) !== true);
  }

  /**
   * What a look leaves to do: what is not as wished, and for a renewal what is. While a repair waits
   * for its time, a renewal does not come before it.
   */
  async #targets(wanted: Wish, task: Task): Promise<readonly T[]> {
    const { belongings } = this.#options;
    const found = await belongings.found();
    if (found === null || this.#wanted !== wanted) return [];
    const spared = belongings.spared?.();
    const keyOf = (item: T) => belongings.keyOf(item);
    const own = belongings.all.filter((item) => spared?.has(keyOf(item)) !== true);
    const right = own.filter((item) => found.has(keyOf(item)) === (wanted === 'present'));
    const wrong = own.filter((item) => !right.includes(item));
    if (task === 'renew' && this.#timer !== null) return right;
    if (wrong.length > 0) this.#meddled(wanted, wrong);
    return task === 'renew' ? own : wrong;
  }

  /** Somebody else changed them: counted, said, and repaired more slowly each time. */
  #meddled(wanted: Wish, wrong: readonly T[]): void {
    const { belongings, clock, log } = this.#options;
    this.#repairs += 1;
    this.#lastRepairAt = clock.now();
    this.#repaired += wrong.length;
    const keys = wrong.map((item) => belongings.keyOf(item));
    belongings.onMeddled(keys, wanted === 'present' ? 'removed' : 'added');
    const list = keys.join(', ');
    const text =
      wanted === 'present'
        ? `somebody removed ${list} from ${belongings.interface} while Active: putting it back`
        : `${list} is on ${belongings.interface} while not Active: removing it`;
    log.warn(
      {
        router: belongings.router,
        interface: belongings.interface,
        [belongings.noun]: list,
      },
      text,
    );
  }

  #cannot(verb: 'add' | 'remove', error: Error): void {
    const { belongings, log, limiter } = this.#options;
    const { noun, router } = belongings;
    limiter.limit(`${router} ${verb} ${noun}`, (suppressed) =>
      log.error(
        { router, interface: belongings.interface, err: error, suppressed },
        `cannot ${verb} the ${noun} of ${router}: ${error.message}`,
      ),
    );
  }

  #failed(wanted: Wish, error: Error): void {
    this.#cannot(wanted === 'present' ? 'add' : 'remove', error);
    this.#repairs += 1;
    this.#lastRepairAt = this.#options.clock.now();
    this.#after(Math.max(this.#repairDelay(), addressRepairMicros[1]), () => this.#add('change'));
    // Last, because it may end in another wish, which takes the place of the attempt planned above.
    if (wanted === 'present') this.#options.onRefused(error.message);
  }
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
