import type { Clock, Timer } from './clock.ts';
import { CHECKS_CONCURRENT_MAX, INTERVAL_JITTER } from './limits.ts';

interface Task {
  readonly intervalMs: () => number;
  readonly run: () => Promise<void>;
  timer: Timer | null;
  removed: boolean;
  running: boolean;
  /** Runs again as soon as the run under way is over. */
  again: boolean;
}

export interface SchedulerOptions {
  readonly clock: Clock;
  /** 0 to below 1. */
  readonly random: () => number;
  /** Runs under way at once. */
  readonly concurrentMax?: number;
}

/**
 * Runs each task again and again: first at once, then every interval (start to start, jittered),
 * never two runs of one task at a time, and no more than `concurrentMax` runs altogether. A run that
 * outlasts its interval is followed by the next as soon as it ends.
 */
export class CheckScheduler {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #concurrentMax: number;
  readonly #tasks = new Map<string, Task>();
  /** Tasks that are due but over the bound, oldest first; each at most once. */
  #waiting: Task[] = [];
  #running = 0;

  constructor({ clock, random, concurrentMax = CHECKS_CONCURRENT_MAX }: SchedulerOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#concurrentMax = concurrentMax;
  }

  /**
   * Starts a task, which takes the place of one under the same key. `run` must not reject; the
   * interval is asked for after each run.
   */
  add(key: string, intervalMs: () => number, run: () => Promise<void>): void {
    this.remove(key);
    const task: Task = {
      intervalMs,
      run,
      timer: null,
      removed: false,
      running: false,
      again: false,
    };
    this.#tasks.set(key, task);
    this.#due(task);
  }

  /** A run of the task begins now, or when the one under way is over. */
  hurry(key: string): void {
    const task = this.#tasks.get(key);
    if (task === undefined) return;
    if (task.running) task.again = true;
    if (task.timer === null) return;
    task.timer.cancel();
    task.timer = null;
    this.#due(task);
  }

  /** No further run begins; one under way is the caller's to abort. */
  remove(key: string): void {
    const task = this.#tasks.get(key);
    if (task === undefined) return;
    task.removed = true;
    task.timer?.cancel();
    this.#tasks.delete(key);
    this.#waiting = this.#waiting.filter((other) => other !== task);
  }

  stop(): void {
    for (const key of [...this.#tasks.keys()]) this.remove(key);
  }

  #due(task: Task): void {
    task.timer = null;
    if (this.#running < this.#concurrentMax) void this.#start(task);
    else this.#waiting.push(task);
  }

  async #start(task: Task): Promise<void> {
    const startedAt = this.#clock.now();
    this.#running++;
    task.running = true;
    await task.run();
    task.running = false;
    this.#running--;
    if (!task.removed) {
      const jitter = 1 + INTERVAL_JITTER * (2 * this.#random() - 1);
      const usualMs = startedAt + task.intervalMs() * jitter - this.#clock.now();
      const delayMs = task.again ? 0 : Math.max(0, usualMs);
      task.again = false;
      task.timer = this.#clock.after(delayMs, () => this.#due(task));
    }
    const next = this.#waiting.shift();
    if (next !== undefined) void this.#start(next);
  }
}
