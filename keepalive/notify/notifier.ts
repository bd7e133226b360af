/**
 * Runs the notify commands of virtual routers: for each router one at a time, in the order of its
 * transitions. A command that is slower than its router misses states in between, never the last.
 */
import type { VirtualRouterConfig } from '../../src/config/agent-config.ts';
import type { EventStream } from '../events/event-stream.ts';
import { notifyQueueMax, scriptOutputCharsMax } from '../limits.ts';
import type { Clock, Logger, ScriptRunner } from '../ports.ts';
import { type Notice, notifyEnvironment } from './notify-environment.ts';

type Notify = NonNullable<VirtualRouterConfig['notify']>;

/** What the notifier works with. */
export interface NotifierOptions {
  readonly stream: Pick<EventStream, 'epoch' | 'subscribe'>;
  readonly runner: Pick<ScriptRunner, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The notify command of one virtual router, for the status. */
export interface NotifyStatus {
  readonly router: string;
  readonly running: boolean;
  /** Transitions that wait for their turn. */
  readonly waiting: number;
  readonly runs: number;
  readonly failures: number;
  /** Transitions that a slow command missed. */
  readonly skipped: number;
  /** The last finished run; null: none. */
  readonly last: {
    readonly sequence: number;
    readonly state: string;
    readonly passed: boolean;
    readonly output: string;
    readonly durationMs: number;
    readonly agoMs: number;
  } | null;
}

interface Line {
  notify: Notify;
  readonly waiting: Notice[];
  worker: Promise<void> | null;
  runs: number;
  failures: number;
  skipped: number;
  /** Missed since the last run. */
  skippedBefore: number;
  last: (Omit<NonNullable<NotifyStatus['last']>, 'agoMs'> & { readonly at: number }) | null;
}

/** See the file's comment. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #lines = new Map<string, Line>();
  readonly #unsubscribe: () => void;

  constructor(routers: readonly VirtualRouterConfig[], options: NotifierOptions) {
    this.#options = options;
    this.reconfigure(routers);
    const { stream } = options;
    this.#unsubscribe = stream.subscribe(({ sequence, event }) => {
      if (event.type !== 'transition') return;
      this.#take({ epoch: stream.epoch, sequence, transition: event });
    });
  }

  /** Other commands from now on; what waits is still run. */
  reconfigure(routers: readonly VirtualRouterConfig[]): void {
    const named = new Map(routers.map(({ name, notify }) => [name, notify]));
    for (const [name, line] of this.#lines) {
      if (named.get(name) === undefined && line.worker === null) this.#lines.delete(name);
    }
    for (const [name, notify] of named) {
      if (notify === undefined) continue;
      const line = this.#lines.get(name);
      if (line === undefined) this.#lines.set(name, newLine(notify));
      else line.notify = notify;
    }
  }

  /** One entry per router that has a command. */
  status(): NotifyStatus[] {
    const now = this.#options.clock.now();
    return [...this.#lines].map(([router, line]) => ({
      router,
      running: line.worker !== null,
      waiting: line.waiting.length,
      runs: line.runs,
      failures: line.failures,
      skipped: line.skipped,
      last: line.last && withAge(line.last, now),
    }));
  }

  /**
   * No further transition is taken; of those that wait each router's last is still run. Resolves when
   * that is done. Whoever cannot wait for so long kills what runs.
   */
  async finish(): Promise<void> {
    this.#unsubscribe();
    for (const line of this.#lines.values()) while (line.waiting.length > 1) skipFirst(line);
    await Promise.all([...this.#lines.values()].map(({ worker }) => worker));
  }

  #take(notice: Notice): void {
    const line = this.#lines.get(notice.transition.router);
    if (line === undefined) return;
    if (line.waiting.length >= notifyQueueMax) skipFirst(line);
    line.waiting.push(notice);
    line.worker ??= this.#work(line);
  }

  async #work(line: Line): Promise<void> {
    for (let notice = line.waiting.shift(); notice !== undefined; notice = line.waiting.shift()) {
      await this.#run(line, notice);
    }
    line.worker = null;
  }

  async #run(line: Line, notice: Notice): Promise<void> {
    const { runner, clock } = this.#options;
    const { command, timeoutMs } = line.notify;
    const environment = notifyEnvironment(notice, line.skippedBefore);
    line.skippedBefore = 0;
    // A command that cannot be started at all has failed.
    const result = await runner.run(command, timeoutMs, environment).catch((error: unknown) => {
      const output = error instanceof Error ? error.message : String(error);
      return { passed: false, output, durationMs: 0 };
    });
    line.runs += 1;
    if (!result.passed) line.failures += 1;
    const output = result.output.slice(0, scriptOutputCharsMax);
    const { sequence, transition } = notice;
    line.last = { ...result, output, sequence, state: transition.to, at: clock.now() };
    this.#report(notice, line.last);
  }

  #report({ transition, sequence }: Notice, { passed, output, durationMs }: Finished): void {
    const { router, to } = transition;
    const fields = { router, state: to, sequence, durationMs: Math.round(durationMs), output };
    const said = output === '' ? '' : `: ${output.split('\n')[0]}`;
    const { log } = this.#options;
    if (passed) log.info(fields, `${router}: notify command for ${to} has run${said}`);
    else log.warn(fields, `${router}: notify command for ${to} failed${said}`);
  }
}

type Finished = Pick<NonNullable<NotifyStatus['last']>, 'passed' | 'output' | 'durationMs'>;

function newLine(notify: Notify): Line {
  const none = { runs: 0, failures: 0, skipped: 0, skippedBefore: 0 };
  return { notify, waiting: [], worker: null, last: null, ...none };
}

function skipFirst(line: Line): void {
  line.waiting.shift();
  line.skipped += 1;
  line.skippedBefore += 1;
}

function withAge({ at, ...last }: NonNullable<Line['last']>, now: number): NotifyStatus['last'] {
  return { ...last, agoMs: (now - at) / 1000 };
}
