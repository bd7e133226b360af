import type { TrackedScript } from '../../src/config/agent-config.ts';
import { scriptOutputCharsMax } from '../limits.ts';
import type { Clock, ScriptRunner, Timer } from '../ports.ts';
import type { ScriptStatus } from '../status.ts';
import type { TrackerReading } from '../virtual-router/priority.ts';
import { type CheckHealth, countResult, unknownHealth } from './check-health.ts';
import { notCheckedYet, type Tracker, weightEffect } from './tracker.ts';

/** The last finished run of a script. */
interface ScriptRun {
  readonly passed: boolean;
  /** Capped at `scriptOutputCharsMax`. */
  readonly output: string;
  readonly durationMs: number;
  /** When it ended. */
  readonly at: number;
}

/**
 * Runs one health script for ever: from start to start one interval, never two at a time. A run
 * that takes longer than the interval is followed at once by the next.
 */
export class ScriptTracker implements Tracker {
  readonly config: TrackedScript;
  readonly #clock: Clock;
  readonly #runner: ScriptRunner;
  readonly #onChange: () => void;
  #health: CheckHealth = unknownHealth;
  #last: ScriptRun | null = null;
  #runs = 0;
  #timer: Timer | null = null;
  #stopped = false;
  /** Counts for nothing until the first verdict. */
  #joining = false;

  /** `onChange` is called when the verdict changed. Nothing runs before `start`. */
  constructor(config: TrackedScript, clock: Clock, runner: ScriptRunner, onChange: () => void) {
    this.config = config;
    this.#clock = clock;
    this.#runner = runner;
    this.#onChange = onChange;
  }

  /** See Tracker. */
  join(predecessor: Tracker | null): void {
    if (!(predecessor instanceof ScriptTracker)) {
      this.#joining = true;
      return;
    }
    this.#joining = predecessor.#joining;
    this.#health = predecessor.#health;
    this.#last = predecessor.#last;
    this.#runs = predecessor.#runs;
  }

  /** First run now. */
  start(): void {
    void this.#run();
  }

  /** No further run; one under way is the runner's to kill, and its result is ignored. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Its part of the agent's status at `now` (microseconds). */
  status(now: number): ScriptStatus {
    const last = this.#last;
    return {
      name: this.config.name,
      verdict: this.#health.verdict,
      weight: this.config.weight,
      runs: this.#runs,
      last: last && {
        passed: last.passed,
        output: last.output,
        durationMs: last.durationMs,
        agoMs: (now - last.at) / 1000,
      },
    };
  }

  async #run(): Promise<void> {
    const startedAt = this.#clock.now();
    const result = await this.#attempt();
    if (this.#stopped) return;
    const now = this.#clock.now();
    this.#runs += 1;
    this.#last = {
      passed: result.passed,
      output: result.output.slice(0, scriptOutputCharsMax),
      durationMs: result.durationMs,
      at: now,
    };
    const before = this.#health.verdict;
    this.#health = countResult(this.#health, result.passed, this.config);
    const next = Math.max(startedAt + this.config.intervalMs * 1000, now);
    this.#timer = this.#clock.timer(next, () => void this.#run());
    if (this.#health.verdict !== before) this.#onChange();
  }

  /** A script that cannot be run at all has failed. */
  async #attempt(): Promise<{ passed: boolean; output: string; durationMs: number }> {
    try {
      return await this.#runner.run(this.config.command, this.config.timeoutMs);
    } catch (error) {
      const output = error instanceof Error ? error.message : String(error);
      return { passed: false, output, durationMs: 0 };
    }
  }

  /** What it does to the priority. */
  reading(): TrackerReading {
    const { name } = this.config;
    const { verdict } = this.#health;
    if (this.#joining && verdict === 'unknown') {
      return { kind: 'script', name, effect: { type: 'none' }, reason: notCheckedYet };
    }
    const effect = weightEffect(this.config.weight, verdict === 'passing');
    return { kind: 'script', name, effect, reason: this.#reason(verdict) };
  }

  #reason(verdict: CheckHealth['verdict']): string {
    if (this.#last === null) return 'has not finished a run yet';
    const line = this.#last.output.trim().split('\n')[0] ?? '';
    const said = line === '' ? '' : `: ${line}`;
    return `${verdict}, last run ${this.#last.passed ? 'passed' : 'failed'}${said}`;
  }
}
