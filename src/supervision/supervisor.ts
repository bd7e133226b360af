/**
 *   tandem run ─┬─ tandem keepalive   restarted with back-off; its addresses removed when it dies
 *               └─ tandem proxy       restarted with back-off
 *
 * Stopping goes in order: the agent first, so that the peer has the addresses before this host
 * stops answering; then the balancer, which finishes what it has in flight.
 */
import type { Logger } from '../log/logger.ts';
import { type Child, type ChildExit, startChild, waitOrKill } from './child.ts';
import { afterExit, NO_CRASHES, type RestartState } from './restart-policy.ts';

/** Added to what the agent gives connections to end, after which it is killed, ms. */
const AGENT_STOP_MARGIN_MS = 3_000;
/** Added to the balancer's own drain bound before it is killed, ms. */
const BALANCER_STOP_MARGIN_MS = 5_000;

/** After a second order to stop a half has this long to tell others of its end, ms; it needs half of it. */
const FORCED_STOP_MS = 1_000;

/** One half: how it is started, and what must happen when it has died. */
export interface HalfSpec {
  readonly name: 'keepalive' | 'proxy';
  readonly nodeFlags: readonly string[];
  readonly args: readonly string[];
  /** Longest orderly stop, ms. */
  readonly stopMs: number;
  /** Called after every end of the process, orderly or not; null: of no signal. */
  afterDeath(signal: NodeJS.Signals | null): Promise<void>;
}

/** Stop bound of the agent half, ms, from how long it lets connections end. */
export function agentStopMs(drainMs: number): number {
  return drainMs + AGENT_STOP_MARGIN_MS;
}

/** Stop bound of the balancer half, ms, from its drain timeout. */
export function balancerStopMs(drainTimeoutMs: number): number {
  return drainTimeoutMs + BALANCER_STOP_MARGIN_MS;
}

/** Starts the halves in order, restarts what dies, stops them in order. */
export class Supervisor {
  readonly #halves: readonly HalfSpec[];
  readonly #log: Logger;
  readonly #running = new Map<string, Child>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopping = false;
  #forced = false;
  #finish: (code: number) => void = () => {};
  /** Resolves with the exit status of `tandem run`. */
  readonly finished = new Promise<number>((resolve) => {
    this.#finish = resolve;
  });

  constructor(halves: readonly HalfSpec[], log: Logger) {
    this.#halves = halves;
    this.#log = log;
  }

  start(): void {
    for (const half of this.#halves) this.#startHalf(half, NO_CRASHES);
  }

  /** Has the balancer open its log files anew. */
  reopenLogs(): void {
    this.#running.get('proxy')?.kill('SIGUSR1');
  }

  /** Has the halves follow the config file as it is now: whoever is told drives both. */
  reload(): void {
    const child = this.#running.get('proxy') ?? this.#running.get('keepalive');
    if (child === undefined) this.#log.warn({}, 'SIGHUP: no half runs at this moment');
    else child.kill('SIGHUP');
  }

  /** Orderly stop; a second call hurries what still runs, and kills it soon, with exit status 1. */
  async stop(code = 0): Promise<void> {
    if (this.#stopping) {
      this.#force();
      return;
    }
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const half of this.#halves) {
      const child = this.#running.get(half.name);
      if (child === undefined) continue;
      child.kill('SIGTERM');
      const exit = await waitOrKill(child, child.stopMs ?? half.stopMs);
      if (exit.signal === 'SIGKILL') {
        this.#log.warn({ child: half.name }, `${half.name} did not stop in time and was killed`);
      }
      await this.#cleanUp(half, exit);
    }
    this.#finish(this.#forced ? 1 : code);
  }

  #force(): void {
    if (this.#forced) return;
    this.#forced = true;
    for (const child of this.#running.values()) {
      child.kill('SIGTERM');
      void waitOrKill(child, FORCED_STOP_MS);
    }
  }

  #startHalf(half: HalfSpec, history: RestartState): void {
    const child = startChild(half.nodeFlags, half.args);
    this.#running.set(half.name, child);
    this.#log.info({ child: half.name, childPid: child.pid }, `started tandem ${half.name}`);
    child.exited.then((exit) => this.#onExit(half, history, exit));
  }

  async #onExit(half: HalfSpec, history: RestartState, exit: ChildExit): Promise<void> {
    this.#running.delete(half.name);
    if (this.#stopping) return;
    await this.#cleanUp(half, exit);
    // Told to stop meanwhile: what is dead stays dead.
    if (this.#stopping) return;
    const how = exit.signal === null ? `exited with status ${exit.code}` : `died of ${exit.signal}`;
    if (!exit.wasReady && exit.signal === null && history === NO_CRASHES) {
      // It has said why. Trying again would repeat the message, not change the answer.
      this.#log.error({ child: half.name, ...exit }, `tandem ${half.name} could not start`);
      await this.stop(1);
      return;
    }
    const next = afterExit(history, exit.livedMs);
    this.#log.error(
      { child: half.name, ...exit },
      `tandem ${half.name} ${how}; starting it again in ${next.delayMs} ms`,
    );
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#startHalf(half, next.state);
    }, next.delayMs);
    this.#timers.add(timer);
  }

  async #cleanUp(half: HalfSpec, { signal }: ChildExit): Promise<void> {
    try {
      await half.afterDeath(signal);
    } catch (error) {
      this.#log.error(
        { child: half.name, error: (error as Error).message },
        `could not clean up after tandem ${half.name}`,
      );
    }
  }
}
