import { extname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { BusyShare } from './busy-share.ts';
import { HandedSockets } from './handed-sockets.ts';
import { buffersInUse, closeLeft } from './io/uring/descriptor-ledger.ts';
import { WORKER_EXIT_GRACE_MS, WORKER_YOUNG_GENERATION_MB } from './limits.ts';
import type { Logger } from './ports.ts';
import type {
  AddressDrainsOrder,
  CertificatesOrder,
  DrainingReport,
  DrainOrder,
  GenerationSetup,
  LinesReport,
  ServersOrder,
  WorkerOrder,
  WorkerReport,
  WorkerSetup,
} from './worker-messages.ts';
import { afterDeath, NEVER_DIED } from './worker-restart.ts';

/** What a slot needs from the balancer. */
export interface SlotOwner {
  /** What a worker of this slot is started with; fresh descriptors every time. */
  setup(index: number): WorkerSetup;
  /** A worker is gone: take back what it had in hand, before its successor starts. */
  released(index: number): void;
  /** Lines of the access log have come; `done` is called when there may be more. */
  lines(report: LinesReport, done: () => void): void;
  /** What its worker has on addresses that drain. */
  draining(index: number, report: DrainingReport): void;
  /** What a worker that has just been started is to prepare, too; fresh descriptors; null: nothing. */
  prepared(index: number): GenerationSetup | null;
  /** Its worker has built a generation, or says why it cannot be built. */
  built(index: number, generation: number, refusal: string | null): void;
  /** Its worker follows a generation, or has nothing left of one. */
  generations(): void;
  /** The state of a slot has changed. */
  changed(): void;
}

/** A worker slot as status shows it. */
export interface WorkerStatus {
  readonly index: number;
  readonly state: 'starting' | 'running' | 'waiting' | 'draining' | 'ended';
  /** Why this one serves over node:net although the balancer uses io_uring; null: it does as all do. */
  readonly refusal: string | null;
  /** Buffers of io_uring that it has in use; null on node:net. */
  readonly buffers: number | null;
  /** Workers this slot has lost. */
  readonly deaths: number;
  /** Share of its time that the thread was busy since somebody last looked, 0 to 1. */
  readonly utilization: number;
}

/** What a worker thread runs: TypeScript from the sources, JavaScript as built. */
export const WORKER_ENTRY = new URL(
  `./worker-entry${extname(import.meta.filename)}`,
  import.meta.url,
);

/** Runs one worker thread, and another when it dies. */
export class WorkerSlot {
  readonly #index: number;
  readonly #owner: SlotOwner;
  readonly #log: Logger;
  readonly #entry: URL;
  #worker: Worker | null = null;
  /** Sockets made for a worker that may not have them in use: ours to close if it never has. */
  readonly #handed = new HandedSockets();
  /** In which something of its worker goes on, the newest one last. */
  #generations: number[] = [];
  /** What its worker has open and Node does not know of. */
  #descriptors: SharedArrayBuffer | null = null;
  #busy = new BusyShare();
  /** Of the servers its worker knows. */
  #serversVersion = 0;
  #state: WorkerStatus['state'] = 'waiting';
  #restart = NEVER_DIED;
  #refusal: string | null = null;
  #deaths = 0;
  #startedAt = 0;
  #timer: NodeJS.Timeout | null = null;
  /** Until when a stopping worker may take, by performance.now(). */
  #drainBy = 0;
  /** While stopping, this slot already got a worker for nothing but what waits in its sockets. */
  #relieved = false;
  #isDeaf = false;
  readonly #deaf = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #cut = 0;

  constructor(index: number, owner: SlotOwner, log: Logger, entry = WORKER_ENTRY) {
    this.#index = index;
    this.#owner = owner;
    this.#log = log.child({ worker: index });
    this.#entry = entry;
  }

  get running(): boolean {
    return this.#state === 'running';
  }

  /** What is wrong although it serves. */
  warnings(): readonly string[] {
    return this.#refusal === null ? [] : [ownFallBack(this.#index, this.#refusal)];
  }

  /** The servers that its worker may give work to; without a worker: none but future ones. */
  get serversVersion(): number {
    return this.#worker === null ? Number.POSITIVE_INFINITY : this.#serversVersion;
  }

  /** Those in which something of its worker goes on; none without a worker. */
  get generations(): readonly number[] {
    return this.#generations;
  }

  /** Its worker follows that generation, or there is none that could not. */
  follows(generation: number): boolean {
    return this.#worker === null || this.#generations.includes(generation);
  }

  /** Tells the worker; false: there is none, and the next one begins with what is true then. */
  tell(order: ServersOrder | CertificatesOrder | AddressDrainsOrder): boolean {
    this.#worker?.postMessage(order);
    return this.#worker !== null;
  }

  /** Has the worker build another generation; `built` tells how that went. False: there is none. */
  prepare(setup: () => GenerationSetup): boolean {
    if (this.#worker === null) return false;
    this.#order(this.#worker, setup());
    return true;
  }

  /** From here on the worker uses what it has built, or forgets it. */
  decide(kind: 'apply' | 'abandon', generation: number): void {
    this.#worker?.postMessage({ kind, generation } satisfies WorkerOrder);
  }

  /** Replaces a worker that cannot follow. */
  replace(): void {
    void this.#worker?.terminate();
  }

  status(): WorkerStatus {
    const loop = this.#worker?.performance;
    return {
      index: this.#index,
      state: this.#state,
      refusal: this.#refusal,
      buffers: this.#descriptors === null ? null : buffersInUse(this.#descriptors),
      deaths: this.#deaths,
      utilization:
        loop === undefined ? 0 : this.#busy.look((since) => loop.eventLoopUtilization(since)),
    };
  }

  /** Starts a worker. */
  start(): void {
    this.#timer = null;
    this.#enter('starting');
    this.#launch();
  }

  /** Null, and it counts as dead already: there was no descriptor or no memory left for it. */
  #launch(): Worker | null {
    this.#startedAt = performance.now();
    this.#refusal = null;
    let worker: Worker;
    let setup: WorkerSetup;
    try {
      setup = this.#owner.setup(this.#index);
      this.#handed.add(setup.generation, setup.sockets);
      this.#descriptors = setup.descriptors ?? null;
      this.#serversVersion = setup.serversVersion;
      worker = new Worker(this.#entry, {
        name: `worker-${this.#index}`,
        workerData: setup,
        resourceLimits: { maxYoungGenerationSizeMb: WORKER_YOUNG_GENERATION_MB },
      });
    } catch (error) {
      this.#log.error({ error: describe(error) }, 'the worker cannot be started');
      this.#exited(1);
      return null;
    }
    this.#worker = worker;
    this.#generations = [setup.generation];
    this.#busy = new BusyShare();
    worker.on('message', (report: WorkerReport) => this.#heard(report, worker));
    worker.on('error', (error: unknown) => {
      this.#log.error({ error: describe(error) }, 'the worker failed');
    });
    worker.on('exit', (code) => this.#exited(code));
    const next = this.#owner.prepared(this.#index);
    if (next !== null) this.#order(worker, next);
    return worker;
  }

  /**
   * Has the worker accept what waits and finish what is in flight; a slot that has none just now gets
   * one for that. `deaf` resolves when it accepts no more, `ended` when the thread is gone, with the
   * number of connections it had to cut.
   */
  drain(timeoutMs: number): { readonly deaf: Promise<void>; readonly ended: Promise<number> } {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#enter('draining');
    this.#drainBy = performance.now() + timeoutMs;
    const overdueMs = timeoutMs + WORKER_EXIT_GRACE_MS;
    const overdue = setTimeout(() => this.#worker?.terminate(), overdueMs);
    this.#ended.promise.finally(() => clearTimeout(overdue));
    if (this.#worker === null) this.#relieve();
    else this.#orderDrain(this.#worker);
    return { deaf: this.#deaf.promise, ended: this.#ended.promise.then(() => this.#cut) };
  }

  /** Connections may wait in the slot's sockets, and it has no worker: a last one takes them. */
  #relieve(): void {
    this.#relieved = true;
    const worker = this.#launch();
    if (worker !== null) this.#orderDrain(worker);
  }

  #order(worker: Worker, setup: GenerationSetup): void {
    this.#handed.add(setup.generation, setup.sockets);
    worker.postMessage({ kind: 'prepare', setup } satisfies WorkerOrder);
  }

  #orderDrain(worker: Worker): void {
    const timeoutMs = Math.max(0, this.#drainBy - performance.now());
    const order: DrainOrder = { kind: 'drain', timeoutMs };
    worker.postMessage(order);
  }

  #heard(report: WorkerReport, worker: Worker): void {
    if (report.kind === 'lines') {
      const { destination } = report;
      const taken: WorkerOrder = { kind: 'linesTaken', destination };
      this.#owner.lines(report, () => worker.postMessage(taken));
    } else if (report.kind === 'log') {
      this.#log[report.level](report.fields, report.message);
    } else if (report.kind === 'refused') {
      this.#refusal = report.why;
      this.#log.warn({ refusal: report.why }, ownFallBack(this.#index, report.why));
    } else if (report.kind === 'ready') {
      for (const generation of this.#generations) this.#handed.taken(generation);
      if (this.#state === 'starting') this.#enter('running');
    } else if (report.kind === 'prepared') {
      // By now it has dealt with all that came before.
      this.#handed.takenBefore(report.generation);
      if (report.refusal !== null) this.#handed.taken(report.generation);
      this.#owner.built(this.#index, report.generation, report.refusal);
    } else if (report.kind === 'applied') {
      this.#handed.taken(report.generation);
      this.#generations.push(report.generation);
      this.#owner.generations();
    } else if (report.kind === 'forgotten') {
      this.#generations = this.#generations.filter((one) => one !== report.generation);
      this.#owner.generations();
    } else if (report.kind === 'took') {
      this.#serversVersion = report.serversVersion;
    } else if (report.kind === 'draining') {
      this.#owner.draining(this.#index, report);
    } else if (report.kind === 'deaf') {
      this.#isDeaf = true;
      this.#deaf.resolve();
    } else {
      this.#cut = report.cut;
    }
  }

  #exited(code: number): void {
    this.#worker = null;
    this.#generations = [];
    this.#handed.closeLeft();
    if (this.#descriptors !== null) closeLeft(this.#descriptors);
    this.#descriptors = null;
    this.#owner.released(this.#index);
    if (this.#state === 'draining') {
      const inTime = performance.now() < this.#drainBy;
      if (!this.#isDeaf && !this.#relieved && inTime) {
        this.#relieve();
        return;
      }
      this.#enter('ended');
      this.#deaf.resolve();
      this.#ended.resolve();
      return;
    }
    this.#deaths++;
    const livedMs = performance.now() - this.#startedAt;
    const { state, delayMs } = afterDeath(this.#restart, livedMs);
    this.#restart = state;
    this.#log.error({ code, livedMs: Math.round(livedMs), delayMs }, 'the worker is replaced');
    this.#enter('waiting');
    this.#timer = setTimeout(() => this.start(), delayMs);
  }

  #enter(state: WorkerStatus['state']): void {
    this.#state = state;
    this.#owner.changed();
  }
}

function ownFallBack(index: number, refusal: string): string {
  return `worker ${index} is refused io_uring and serves over node:net: ${refusal}`;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
