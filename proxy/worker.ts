/**
 * The data plane of one thread: its own sockets, its own view of the upstreams, its own connections
 * to servers. What it shares with other threads is in shared memory.
 *
 *     Entrance (a socket) ──► Frontend of the Generation that is used ──► clients
 *                             Frontends of former ones: what began there and is not over
 */
import { closeDescriptor } from '../src/os/listen-socket.ts';
import type { LineMail } from './access-log/outbox.ts';
import { WorkerLogs } from './access-log/worker-logs.ts';
import { ContextPool } from './certificates/context-pool.ts';
import type { TlsMaterial } from './certificates/material.ts';
import type { DrainingAddress } from './draining/drains.ts';
import { type Tell, WorkerDrains } from './draining/worker-drains.ts';
import { featuresOf } from './features/index.ts';
import type { Entrance } from './frontend/door.ts';
import { FailureLog } from './frontend/failure-log.ts';
import type { Frontend } from './frontend/frontend.ts';
import { Generation, type WorkerParts } from './generation.ts';
import type { IoEngine } from './io/engine.ts';
import { DRAIN_POLL_MS, FORMER_LOOK_MS } from './limits.ts';
import type { Logger } from './ports.ts';
import { WorkerCells } from './shared/worker-cells.ts';
import type { GenerationSetup, ServersChange, WorkerSetup } from './worker-messages.ts';

/** Serves until it is drained. */
export class DataPlane {
  readonly #parts: WorkerParts;
  readonly #drains: WorkerDrains;
  readonly #onForgotten: (generation: number) => void;
  /** By the key of the bind. */
  readonly #entrances = new Map<string, Entrance>();
  #present: Generation;
  #prepared: Generation | null = null;
  /** The oldest first. */
  #former: Generation[] = [];
  #look: NodeJS.Timeout | undefined;

  /**
   * Accepts from here on. `onForgotten` hears of each generation of which nothing is left. Throws
   * RangeError when the setup contradicts itself.
   */
  constructor(
    setup: WorkerSetup,
    engine: IoEngine,
    log: Logger,
    mail: LineMail,
    features = featuresOf,
    onForgotten: (generation: number) => void = () => {},
  ) {
    this.#onForgotten = onForgotten;
    this.#parts = {
      index: setup.index,
      engine,
      log,
      cells: new WorkerCells(setup.state, setup.index),
      logs: new WorkerLogs(setup.index, mail, engine.deadlines),
      failures: new FailureLog(log, () => engine.deadlines.now()),
      contexts: new ContextPool(),
      pools: new Map(),
      features,
    };
    this.#present = new Generation(setup, this.#parts, null);
    this.#present.begin(null);
    this.#drains = new WorkerDrains({
      frontends: () => this.#frontends(),
      now: () => engine.deadlines.now(),
    });
    void this.#useSockets(this.#present);
  }

  /** Builds another generation, which serves nobody yet. Why it cannot be built, or null. */
  prepare(setup: GenerationSetup): string | null {
    this.abandon();
    try {
      this.#prepared = new Generation(setup, this.#parts, this.#present);
      return null;
    } catch (error) {
      closeNew(setup);
      return (error as Error).message;
    }
  }

  /** Forgets what was prepared, if it is that generation, and closes what only it has. */
  abandon(generation = this.#prepared?.setup.generation): void {
    const prepared = this.#prepared;
    if (prepared === null || prepared.setup.generation !== generation) return;
    this.#prepared = null;
    prepared.abandon();
    closeNew(prepared.setup);
  }

  /**
   * Arrivals and the next request of every client follow the generation that was prepared; resolves when
   * sockets that it does not have are emptied and closed: their arrivals must have been stopped. False:
   * no such one is prepared.
   */
  async apply(generation: number): Promise<boolean> {
    const next = this.#prepared;
    if (next?.setup.generation !== generation) return false;
    this.#prepared = null;
    const former = this.#present;
    next.begin(former);
    this.#present = next;
    const heirs = former.heirs(next);
    const left = this.#useSockets(next);
    for (const one of [...this.#former, former]) {
      for (const frontend of one.frontends.values()) this.#succeed(frontend, heirs);
    }
    this.#former.push(former);
    this.#lookSoon();
    await left;
    return true;
  }

  /** What is under way at a server that is gone ends normally; its idle connections are closed. */
  replaceServers(changes: readonly ServersChange[]): void {
    this.#present.replaceServers(changes);
  }

  /** Accepts what waits, then closes the sockets. Arrivals must have been stopped. */
  async stopAccepting(): Promise<void> {
    this.abandon();
    await Promise.all([...this.#entrances.values()].map((entrance) => entrance.finish()));
  }

  /**
   * Finishes what is in flight, at most `timeoutMs`, then ends the rest; resolves with the number of
   * connections that were cut.
   */
  async drain(timeoutMs: number): Promise<number> {
    clearTimeout(this.#look);
    const frontends = [...this.#frontends()];
    for (const frontend of frontends) frontend.drain();
    const deadline = performance.now() + timeoutMs;
    while (this.#connections() > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
    }
    this.#drains.stop();
    const cut = frontends.reduce((sum, frontend) => sum + frontend.cut(), 0);
    for (const pool of this.#parts.pools.values()) pool.clear();
    return cut;
  }

  /** These addresses drain from now on, and no others; `tell` gets what is on them, as that changes. */
  drainAddresses(drains: readonly DrainingAddress[], tell: Tell): void {
    this.#drains.order(drains, tell);
  }

  /** From the next handshake on these are used. */
  useCertificates(tls: TlsMaterial): void {
    this.#present.useCertificates(tls);
  }

  /** The main thread has dealt with the lines that were sent for that destination. */
  linesTaken(destination: number): void {
    this.#parts.logs.taken(destination);
  }

  /** Sends the last lines of the access logs; resolves when they were taken, or it takes too long. */
  lastLines(): Promise<void> {
    return this.#parts.logs.close();
  }

  /** Numbers of the generations in which something goes on, the one that is used last. */
  get generations(): readonly number[] {
    return [...this.#former, this.#present].map(({ setup }) => setup.generation);
  }

  *#frontends(): Generator<Frontend> {
    for (const generation of this.#former) yield* generation.frontends.values();
    yield* this.#present.frontends.values();
  }

  /** Opens what it has not, has the others lead to that generation, and closes the rest. */
  async #useSockets({ setup, frontends }: Generation): Promise<void> {
    const wanted = new Set(setup.sockets.map(({ key }) => key));
    for (const { listener, key, fd } of setup.sockets) {
      const frontend = frontends.get(listener);
      if (frontend === undefined) throw new RangeError(`a socket for no listener ${listener}`);
      const entrance = this.#entrances.get(key);
      if (fd !== null && entrance?.lasts !== true) {
        this.#entrances.set(key, frontend.open(fd));
        continue;
      }
      if (entrance === undefined) throw new RangeError(`no socket ${key}`);
      // It is back before all that came by it was over.
      if (fd !== null) closeDescriptor(fd);
      frontend.adopt(entrance);
    }
    const left = [...this.#entrances].filter(([key]) => !wanted.has(key));
    for (const [key, { lasts }] of left) if (!lasts) this.#entrances.delete(key);
    await Promise.all(left.map(([, entrance]) => entrance.finish()));
  }

  /** A former frontend's clients go on with whom its own heir's go on with. */
  #succeed(frontend: Frontend, heirs: ReadonlyMap<Frontend, Frontend | null>): void {
    const heir = heirs.has(frontend) ? frontend : frontend.heir;
    if (heir !== null && heirs.has(heir)) frontend.succeed(heirs.get(heir)!);
  }

  /** Not put off by further reloads, however fast they come. */
  #lookSoon(): void {
    if (this.#look !== undefined) return;
    this.#look = setTimeout(() => {
      this.#look = undefined;
      this.#forgetEnded();
    }, FORMER_LOOK_MS);
    this.#look.unref();
  }

  #forgetEnded(): void {
    const ended = this.#former.filter(({ connections }) => connections === 0);
    if (ended.length > 0) {
      this.#former = this.#former.filter((one) => !ended.includes(one));
      for (const one of ended) one.end(this.#present);
      void this.#lastLinesOf(ended);
    }
    if (this.#former.length > 0) this.#lookSoon();
  }

  /** They write no more lines; when those are through, nothing is left of them. */
  async #lastLinesOf(ended: readonly Generation[]): Promise<void> {
    const goOn = [...this.#former, this.#present, ...(this.#prepared ? [this.#prepared] : [])];
    const numbers = goOn.flatMap(({ setup }) => Object.values(setup.destinations));
    await this.#parts.logs.keepOnly(new Set(numbers));
    for (const { setup } of ended) this.#onForgotten(setup.generation);
  }

  #connections(): number {
    let sum = 0;
    for (const frontend of this.#frontends()) sum += frontend.connections;
    return sum;
  }
}

/** Descriptors that were made for a generation that does not come to be. */
function closeNew({ sockets }: GenerationSetup): void {
  for (const { fd } of sockets) if (fd !== null) closeDescriptor(fd);
}
