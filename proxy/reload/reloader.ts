/**
 * A reload, from the file's config to workers that follow it. In two steps, so that the two halves of a
 * node can do it together, or not at all:
 *
 *     prepare   plan ─► every part of the main thread ─► every worker builds a generation beside its own
 *     apply     the parts follow ─► the workers are told ─► they follow ─► sockets that are gone are closed
 *     later     a former generation ends in the last worker ─► what only it had is given up
 *
 * Whatever fails before `apply` has changed nothing. A worker that dies meanwhile starts with what is used
 * then, and is told what is prepared.
 */
import type { ProxyConfig } from '../../src/config/proxy-config.ts';
import { OsError } from '../../src/os/errors.ts';
import { FORMER_GENERATIONS_MAX, RELOAD_APPLY_MAX_MS, RELOAD_PREPARE_MAX_MS } from '../limits.ts';
import type { MainParts } from '../main-parts.ts';
import type { Logger } from '../ports.ts';
import { StartError } from '../start-error.ts';
import type { GenerationSetup } from '../worker-messages.ts';
import { type BalancerPlan, planReload } from './plan.ts';
import { letGo, type PreparedParts, prepareParts, presentSetup } from './prepared-parts.ts';
import { ReloadRefused } from './refused.ts';

/** A reload that can be applied. */
export interface PreparedReload {
  readonly plan: BalancerPlan;
  /**
   * Uses it; resolves when all workers follow. Rejects with ReloadRefused when it is not prepared any more,
   * or somebody else has taken an address meanwhile: then nothing has changed.
   */
  apply(): Promise<void>;
  /** Forgets it. Nothing is done when it was applied. */
  abandon(): Promise<void>;
}

/** A worker slot, as far as a reload is concerned. */
export interface ReloadedWorker {
  /** Those in which something of its worker goes on. */
  readonly generations: readonly number[];
  /** Its worker follows that generation, or there is none that could not. */
  follows(generation: number): boolean;
  /** Has it build another generation. False: there is no worker. */
  prepare(setup: () => GenerationSetup): boolean;
  decide(kind: 'apply' | 'abandon', generation: number): void;
  /** Ends the worker; its successor begins with what is used. */
  replace(): void;
}

/** What a reload is done with. */
export interface ReloaderPorts {
  readonly parts: MainParts;
  readonly workers: () => readonly ReloadedWorker[];
  readonly log: Logger;
  /** What the config of the file is completed with. */
  readonly complete: (config: ProxyConfig) => ProxyConfig;
  /** Something that readiness depends on may have changed. */
  readonly changed: () => void;
}

/** A reload that is not over. */
interface UnderWay {
  readonly generation: number;
  phase: 'preparing' | 'prepared' | 'applying';
  parts: PreparedParts | null;
  /** Why not. */
  readonly reasons: string[];
  /** Workers that have not said how it went. */
  readonly awaited: Set<number>;
  /** Workers that could not build it after the others had: they are replaced by ones that begin with it. */
  readonly unfit: Set<number>;
  /** Something one waits for may have come. */
  look: () => void;
}

const RESTART =
  'that takes a restart of the balancer (sudo tandem handover, then sudo systemctl restart tandem-proxy)';
const STOPPING = 'the balancer is stopping';
const ARRIVALS_GO_ON =
  'the kernel does not let us stop new connections to an address that is given up: those that come as its ' +
  'sockets close are reset';

/** Which config a balancer follows, and its way to the next. */
export class Reloader {
  readonly #ports: ReloaderPorts;
  /** As the file has it. */
  #config: ProxyConfig;
  #generation: number;
  /** The last one that was prepared. */
  #last: number;
  /** In which workers may still have something. */
  readonly #former = new Set<number>();
  #underWay: UnderWay | null = null;
  #stopped = false;

  constructor(config: ProxyConfig, generation: number, ports: ReloaderPorts) {
    this.#config = config;
    this.#generation = generation;
    this.#last = generation;
    this.#ports = ports;
  }

  /** The config that is used, completed. */
  get config(): ProxyConfig {
    return this.#ports.complete(this.#config);
  }

  get generation(): number {
    return this.#generation;
  }

  /** In how many before it something still goes on. */
  get formerConfigs(): number {
    return this.#former.size;
  }

  /** What a worker begins with. Throws OsError without descriptors. */
  setup(index: number): GenerationSetup {
    return presentSetup(this.#ports.parts, this.#generation, this.config, index);
  }

  /** Rejects with ReloadRefused, with every reason, when that config cannot be had, or not now. */
  async prepare(config: ProxyConfig): Promise<PreparedReload> {
    this.#demandIdle();
    const plan = planReload(this.#config, config);
    this.#last++;
    const underWay = begin(this.#last);
    this.#underWay = underWay;
    try {
      const { parts } = this.#ports;
      const completed = this.#ports.complete(config);
      const known = plan.needsRestart.map((reason) => `${reason}: ${RESTART}`);
      underWay.parts = await prepareParts(parts, this.#last, completed, known);
      await this.#build(underWay, underWay.parts);
    } catch (error) {
      this.#forget(underWay);
      throw error;
    }
    underWay.phase = 'prepared';
    return {
      plan,
      apply: () => this.#apply(underWay, config),
      abandon: async () => {
        if (this.#underWay === underWay && underWay.phase === 'prepared') this.#forget(underWay);
      },
    };
  }

  /** What a worker that has just been started is to build beside what it begins with. */
  preparedFor(index: number): GenerationSetup | null {
    const underWay = this.#underWay;
    if (underWay === null || underWay.parts === null || underWay.phase === 'applying') return null;
    try {
      return underWay.parts.setup(index);
    } catch (error) {
      if (!(error instanceof OsError)) throw error;
      underWay.unfit.add(index);
      return null;
    }
  }

  /** A worker has built a generation, or cannot. */
  built(index: number, generation: number, refusal: string | null): void {
    const underWay = this.#underWay;
    if (underWay?.generation === generation && underWay.phase !== 'applying') {
      if (underWay.awaited.delete(index)) {
        if (refusal !== null) underWay.reasons.push(`worker ${index}: ${refusal}`);
      } else if (refusal !== null) {
        underWay.unfit.add(index);
      }
      underWay.look();
    } else if (generation === this.#generation && refusal !== null) {
      this.#replace(index, refusal);
    }
  }

  /** A worker is gone, and what it had of generations. */
  released(index: number): void {
    const underWay = this.#underWay;
    if (underWay?.awaited.delete(index) === true) {
      underWay.reasons.push(
        `worker ${index} ended while it built the new configuration; the log says why`,
      );
    }
    underWay?.unfit.delete(index);
    this.generationsChanged();
  }

  /** A worker follows another generation, or has nothing left of one. */
  generationsChanged(): void {
    this.#underWay?.look();
    const { parts, workers } = this.#ports;
    const alive = new Set(workers().flatMap((worker) => worker.generations));
    for (const generation of this.#former) {
      if (alive.has(generation)) continue;
      this.#former.delete(generation);
      letGo(parts, generation);
    }
    parts.rows.reclaim();
  }

  /** What is prepared is forgotten, and nothing more is. Final. */
  stop(): void {
    this.#stopped = true;
    const underWay = this.#underWay;
    if (underWay === null) return;
    underWay.reasons.push(STOPPING);
    if (underWay.phase === 'prepared') this.#forget(underWay);
    underWay.look();
  }

  #demandIdle(): void {
    const reasons: string[] = [];
    if (this.#stopped) reasons.push(STOPPING);
    else if (this.#underWay !== null) reasons.push('another reload is under way');
    else if (this.#former.size >= FORMER_GENERATIONS_MAX) {
      reasons.push(
        `too many former configurations: connections go on that began under ${this.#former.size} of them, ` +
          'and each takes memory: reload again when some of them have ended, or restart',
      );
    }
    if (reasons.length > 0) throw new ReloadRefused(reasons);
  }

  /** Every worker builds it. */
  async #build(underWay: UnderWay, parts: PreparedParts): Promise<void> {
    const { reasons, awaited } = underWay;
    if (reasons.length > 0) throw new ReloadRefused(reasons);
    for (const [index, worker] of this.#ports.workers().entries()) {
      try {
        if (worker.prepare(() => parts.setup(index))) awaited.add(index);
      } catch (error) {
        if (!(error instanceof OsError)) throw error;
        reasons.push(`worker ${index}: ${error.message}`);
      }
    }
    const inTime = await until(underWay, RELOAD_PREPARE_MAX_MS, () => {
      return awaited.size === 0 || reasons.includes(STOPPING);
    });
    if (!inTime) {
      for (const index of awaited) {
        const within = `within ${RELOAD_PREPARE_MAX_MS / 1000} s`;
        reasons.push(`worker ${index} has not built the new configuration ${within}`);
      }
    }
    if (reasons.length > 0) throw new ReloadRefused(reasons);
  }

  async #apply(underWay: UnderWay, config: ProxyConfig): Promise<void> {
    if (this.#underWay !== underWay || underWay.phase !== 'prepared') {
      throw new ReloadRefused([
        'it is not prepared any more: it was applied, abandoned or took too long',
      ]);
    }
    const { parts, log } = this.#ports;
    const refused = this.#use(underWay, config);
    if (refused !== null) log.warn({ error: refused.message }, ARRIVALS_GO_ON);
    const following = () =>
      this.#ports.workers().every((worker) => worker.follows(underWay.generation));
    if (!(await until(underWay, RELOAD_APPLY_MAX_MS, following))) this.#tellLate();
    parts.sockets.closeRetired();
    this.#underWay = null;
    this.generationsChanged();
  }

  /** The parts follow, and the workers are told to; in one turn of the event loop. */
  #use(underWay: UnderWay, config: ProxyConfig): OsError | null {
    const { parts: all, workers, changed } = this.#ports;
    const parts = underWay.parts!;
    const former = this.#generation;
    let refused: OsError | null;
    try {
      refused = parts.use(former);
    } catch (error) {
      this.#forget(underWay);
      throw error instanceof StartError ? new ReloadRefused([error.message]) : error;
    }
    underWay.phase = 'applying';
    this.#config = config;
    this.#generation = underWay.generation;
    this.#former.add(former);
    for (const [index, worker] of workers().entries()) {
      if (underWay.unfit.has(index))
        this.#replace(index, 'it could not build the new configuration');
      else worker.decide('apply', underWay.generation);
    }
    parts.catchUp();
    all.rows.reclaim();
    changed();
    return refused;
  }

  /** It has not been applied: nothing of it stays. */
  #forget(underWay: UnderWay): void {
    if (this.#underWay !== underWay) return;
    this.#underWay = null;
    for (const worker of this.#ports.workers()) worker.decide('abandon', underWay.generation);
    underWay.parts?.abandon();
    this.#ports.parts.rows.reclaim();
  }

  #replace(index: number, reason: string): void {
    const message = `worker ${index} is replaced, it cannot follow the reload: ${reason}`;
    this.#ports.log.error({ worker: index, reason }, message);
    this.#ports.workers()[index]!.replace();
  }

  #tellLate(): void {
    for (const [index, worker] of this.#ports.workers().entries()) {
      if (worker.follows(this.#generation)) continue;
      const message =
        `worker ${index} has not followed the reload within ${RELOAD_APPLY_MAX_MS / 1000} s: it goes on ` +
        'as before until it does';
      this.#ports.log.error({ worker: index, generation: this.#generation }, message);
    }
  }
}

function begin(generation: number): UnderWay {
  return {
    generation,
    phase: 'preparing',
    parts: null,
    reasons: [],
    awaited: new Set(),
    unfit: new Set(),
    look: () => {},
  };
}

/** False: it did not come in time. Looked for whenever `look` is called. */
async function until(underWay: UnderWay, maxMs: number, come: () => boolean): Promise<boolean> {
  if (come()) return true;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  underWay.look = () => {
    if (come()) resolve(true);
  };
  const timer = setTimeout(() => resolve(false), maxMs);
  const inTime = await promise;
  clearTimeout(timer);
  underWay.look = () => {};
  return inTime;
}
