import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig } from '../../src/config/proxy-config.ts';
import type { ProxyErrorCode } from '../errors.ts';
import type { ServerBreaker } from '../resilience/server-breaker.ts';
import { blockLength, RAMP_STEPS, ServerCounter, ServerFlag, Verdict } from '../shared/layout.ts';
import { type ServerTimes, serverTimesOf } from '../shared/server-times.ts';
import type { WorkerCells } from '../shared/worker-cells.ts';
import { serverAddress, serverIdentity } from './identity.ts';
import { ServerAverage } from './server-average.ts';
import { ServerPlaces } from './server-places.ts';

/**
 * One server of one upstream as one worker sees it: the config, and a window on its live state in
 * shared memory. Objects are rebuilt on reload; the state stays, it belongs to the slot.
 */
export class Server {
  /** `upstream|host:port`; key pools and other per-server things of a worker by it. */
  readonly identity: string;
  /** `host:port` for headers and access logs. */
  readonly address: string;
  /** Its upstream and address, for the operator's log. */
  readonly label: string;
  readonly host: string;
  readonly port: number;
  weight: number;
  backup: boolean;
  /** Never used, whatever is known of it. */
  readonly down: boolean;
  /** It is in its upstream no more: what it has ends normally, and its connections are not kept. */
  retired = false;
  /** How long it takes. */
  readonly times: ServerTimes;
  /** Null: nothing that happens to requests takes it out. */
  readonly #breaker: ServerBreaker | null;

  readonly #config: ServerConfig;
  readonly #flags: Int32Array;
  readonly #flagBase: number;
  readonly #inFlight: Int32Array;
  readonly #inFlightFirst: number;
  readonly #inFlightOwn: number;
  readonly #inFlightStride: number;
  readonly #workers: number;
  readonly #counters: Float64Array;
  readonly #counterBase: number;
  readonly #average: ServerAverage;
  /** Null: it takes any number of requests. */
  readonly #places: ServerPlaces | null;

  /**
   * `slot` is what the registry assigned to this server's identity. `onFree` is called when a server
   * with a limit has room again through this worker.
   */
  constructor(
    upstream: string,
    config: ServerConfig,
    cells: WorkerCells,
    slot: number,
    breaker: ServerBreaker | null = null,
    onFree: () => void = () => {},
  ) {
    const { views, workerIndex } = cells;
    this.#config = config;
    this.identity = serverIdentity(upstream, config);
    this.address = serverAddress(config);
    this.label = `${upstream} ${this.address}`;
    this.host = config.host;
    this.port = config.port;
    this.weight = config.weight;
    this.backup = config.backup;
    this.down = config.down ?? false;
    this.times = serverTimesOf(cells, slot);
    this.#breaker = breaker;
    this.#flags = views.serverFlags;
    this.#flagBase = views.indexOf('serverFlags', 0, slot);
    this.#inFlight = views.serverInFlight;
    this.#inFlightFirst = views.indexOf('serverInFlight', 0, slot);
    this.#inFlightOwn = views.indexOf('serverInFlight', workerIndex, slot);
    this.#inFlightStride = blockLength('serverInFlight', views.shape);
    this.#workers = views.shape.workers;
    this.#counters = views.serverCounters;
    const { connectionsMax: max } = config;
    this.#places =
      max === undefined ? null : new ServerPlaces(max, views, workerIndex, slot, onFree);
    this.#average = new ServerAverage(views, slot);
    this.#counterBase = views.indexOf('serverCounters', workerIndex, slot);
  }

  /** Has nothing changed but what `configure` takes over? */
  staysWith(config: ServerConfig): boolean {
    const { weight, backup } = config;
    return isDeepStrictEqual({ ...this.#config, weight, backup }, config);
  }

  /** Takes over weight and backup; all else is as it was built. */
  configure({ weight, backup }: ServerConfig): void {
    this.weight = weight;
    this.backup = backup;
  }

  get verdict(): Verdict {
    return Atomics.load(this.#flags, this.#flagBase + ServerFlag.verdict) as Verdict;
  }

  get draining(): boolean {
    return Atomics.load(this.#flags, this.#flagBase + ServerFlag.draining) !== 0;
  }

  /** Its breaker is open: it gets work only when nobody else is left. */
  get ejected(): boolean {
    return this.#breaker?.open ?? false;
  }

  /** It is ejected or on trial. */
  get out(): boolean {
    return this.#breaker?.out ?? false;
  }

  /** Does the operator want it to have work? */
  get wanted(): boolean {
    return !this.draining && this.weight > 0 && !this.down;
  }

  /**
   * May it get new work? The one predicate everybody asks. A server that was never checked may, but
   * `Upstream` puts it behind those known to be up.
   */
  available(): boolean {
    return this.wanted && this.verdict !== Verdict.down && !this.ejected;
  }

  /**
   * May clients who belong here go on coming? A server that drains, or has weight 0, keeps those it
   * has.
   */
  keeps(): boolean {
    return this.verdict !== Verdict.down && !this.down && !this.ejected && !this.retired;
  }

  /** May it get one more right now? Who is told yes gives it something. */
  admits(): boolean {
    return this.available() && this.hasRoom();
  }

  /**
   * Has it room for one more right now? Asked of those that would get it, for whatever reason. On
   * trial this takes one of the trials, and under a limit a place until the present turn of the event
   * loop is over: so who is told yes gives it something at once. `beyondTrials`: also when no trial is
   * left.
   */
  hasRoom(beyondTrials = false): boolean {
    if (this.#places !== null && !this.#places.hold()) return false;
    return this.#breaker === null || this.#breaker.admits() || beyondTrials;
  }

  /** It has answered with this final status, `waitedMs` after the request (0 where nobody measures). */
  answered(status: number, waitedMs: number): void {
    if (waitedMs > 0) this.#average.answered(status, waitedMs);
    this.#breaker?.answered(status);
  }

  /** A try failed by its fault. */
  failed(code: ProxyErrorCode): void {
    this.#average.failed();
    this.#breaker?.failed(code);
  }

  /** A request or session was given to it. Pairs with exactly one `end`. */
  begin(): void {
    this.#counters[this.#counterBase + ServerCounter.requests]! += 1;
    this.#inFlight[this.#inFlightOwn]! += 1;
    this.#places?.take();
    this.#breaker?.begun();
  }

  /** That request or session is over, however it ended. */
  end(): void {
    const left = this.#inFlight[this.#inFlightOwn]! - 1;
    if (left < 0) {
      // A negative count would draw all traffic here, so a defect of ours is counted instead.
      this.#counters[this.#counterBase + ServerCounter.unbalancedEnds]! += 1;
      return;
    }
    this.#inFlight[this.#inFlightOwn] = left;
    this.#breaker?.ended();
    this.#places?.give();
  }

  /** Its share of the work beside the other servers of the upstream. */
  share(): number {
    const warmth = Atomics.load(this.#flags, this.#flagBase + ServerFlag.warmth);
    return this.weight * (warmth || RAMP_STEPS);
  }

  /** Average time to its answers, all workers together; see server-average.ts. */
  averageMs(): number {
    return this.#average.value;
  }

  /** Adds to one of `ServerCounter`. */
  count(counter: number, amount = 1): void {
    this.#counters[this.#counterBase + counter]! += amount;
  }

  /** Requests and sessions now on it, all workers together. */
  inFlight(): number {
    let sum = 0;
    let index = this.#inFlightFirst;
    for (let worker = 0; worker < this.#workers; worker++) {
      sum += this.#inFlight[index]!;
      index += this.#inFlightStride;
    }
    return sum;
  }
}
