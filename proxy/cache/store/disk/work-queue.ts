/** Jobs that wait for something slow: so many at one time, so many waiting. */
export class WorkQueue {
  readonly #jobs: (() => Promise<void>)[] = [];
  readonly #runningMax: number;
  readonly #waitingMax: number;
  readonly #idle: (() => void)[] = [];
  readonly #failed: (error: unknown) => void;
  #running = 0;

  /** `failed`: a job did not see to an error itself. */
  constructor(runningMax: number, waitingMax: number, failed: (error: unknown) => void) {
    this.#runningMax = runningMax;
    this.#waitingMax = waitingMax;
    this.#failed = failed;
  }

  /** False: too many wait. */
  add(job: () => Promise<void>): boolean {
    if (this.#jobs.length >= this.#waitingMax) return false;
    this.#jobs.push(job);
    this.#next();
    return true;
  }

  /** What waits will not be done; resolves when what runs is through. */
  async stop(): Promise<void> {
    this.#jobs.length = 0;
    await this.idle();
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #next(): void {
    while (this.#running < this.#runningMax && this.#jobs.length > 0) {
      this.#running++;
      void this.#jobs.shift()!()
        .catch(this.#failed)
        .finally(() => {
          this.#running--;
          this.#next();
        });
    }
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}
