/**
 * The whole way of a request with everything configured at once: limits that delay and refuse, a queue
 * before servers that may be full, breakers, retries, hedges, sticky clients, an access log. Clients and
 * servers are of memory and time is the test's, so that anything can happen in any order.
 */
import { vi } from 'vitest';
import type { RouteConfig, ServerConfig, TimeBounds } from '../../src/config/proxy-config.ts';
import type { RetryConfig } from '../../src/config/retry-config.ts';
import {
  proxyConfig,
  routeConfig,
  serverConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { DEADLINE_TICK_MS } from '../io/limits.ts';
import { type MemoryConnection, MemoryEngine } from '../io/memory-engine.fixture.ts';
import { BucketTable } from '../limiting/bucket-table.ts';
import { InFlightCount } from '../limiting/in-flight-count.ts';
import { concurrencyLimit, rateLimit } from '../limiting/limits.fixture.ts';
import { unpackBreaker } from '../resilience/circuit-breaker.ts';
import { NO_REWRITING, page } from '../rewriting/scene.fixture.ts';
import { type ServerCounterName, Verdict } from '../shared/layout.ts';
import { serverIdentity } from '../upstream/identity.ts';
import { RETRY } from '../upstream/upstream.fixture.ts';
import { wireRequests } from './wire-messages.fixture.ts';

const TIMEOUT_MS = 300;
const PORTS = [1, 2, 3];
/** No server has ever more requests at a time. */
export const CONNECTIONS_MAX = 2;
/** Until what one thing brings about has happened: a place that is free, who waited for it, its bytes. */
const TURNS_OF_MICROTASKS = 4;

const SERVERS: readonly ServerConfig[] = [
  { ...serverConfig(1), connectionsMax: 1 },
  { ...serverConfig(2), connectionsMax: CONNECTIONS_MAX },
  { ...serverConfig(3), connectionsMax: CONNECTIONS_MAX, backup: true },
];

const UPSTREAM = upstreamConfig([], {
  servers: SERVERS,
  queue: { max: 2, timeoutMs: 200 },
  sticky: {
    cookie: 'at',
    secret: Buffer.from('secret'),
    ttlMs: null,
    path: '/',
    domain: null,
    secure: false,
    sameSite: 'lax',
  },
  ejection: {
    failuresMax: 2,
    windowMs: 0,
    rate: null,
    intervalMs: 1000,
    baseMs: 1000,
    maxMs: 1000,
    ejectedPercentMax: 70,
    trials: 2,
    statuses: [[500, 500]],
  },
  retry: {
    ...RETRY,
    on: ['connect', 'closed', 'timeout', 'invalid'],
    statuses: [[503, 503]],
    hedgeAfterMs: 100,
  },
  connectTimeoutMs: TIMEOUT_MS,
  responseTimeoutMs: TIMEOUT_MS,
  idleTimeoutMs: TIMEOUT_MS,
  keepAliveTimeoutMs: TIMEOUT_MS,
});

/** Bounds in time that most requests meet sooner or later. */
export const BOUNDS: TimeBounds = {
  requestTimeoutMs: 400,
  bodyRateMin: 100,
  bodyRateGraceMs: 100,
  requestsMax: 3,
  ageMaxMs: 1000,
};

/** What features do beside forwarding: they wait, hold, change and replace. */
const FEATURES: Partial<RouteConfig> = {
  compression: {
    codings: ['gzip'],
    types: ['text/html'],
    sizeMin: 0,
    gzipLevel: 1,
    brLevel: 1,
    zstdLevel: 1,
  },
  buffering: {
    request: { memoryMax: 6, diskMax: 0 },
    response: { memoryMax: 4, diskMax: 0 },
  },
  rewriting: {
    ...NO_REWRITING,
    errorPages: [{ from: 400, to: 599, intercept: true, page: page('sorry') }],
    forwardAuth: {
      upstream: 'web',
      path: '/may',
      requestHeaders: [],
      responseHeaders: [],
      timeoutMs: 250,
    },
  },
  timeoutMs: 700,
};

/** What one run has left behind; all of it must be nothing. */
export interface Remains {
  readonly connections: number;
  readonly clients: number;
  readonly inFlight: readonly number[];
  readonly unbalancedEnds: readonly number[];
  readonly places: readonly number[];
  /** Trials that were begun and have no result, though nothing is under way. */
  readonly trials: readonly number[];
  readonly waiting: number;
  readonly limited: number;
  readonly timers: number;
  readonly deadlines: number;
  /** Requests less answers; less lines of the log. */
  readonly unanswered: number;
  readonly unlogged: number;
}

/** One run. Timers, `performance` and `hrtime` have to be fake. */
export class RequestPathScene {
  readonly clients: MemoryConnection[] = [];
  /** Connections to servers, in the order in which they were made. */
  readonly origins: MemoryConnection[] = [];
  /** What becomes of those that are made from here on. */
  network: 'up' | 'refuses' | 'silent' = 'up';
  readonly #engine = new MemoryEngine();
  readonly #plane: TestPlane;
  readonly #all: (readonly [number, MemoryConnection])[] = [];
  #asked = 0;
  /** How many of the requests sent to them they have answered. */
  readonly #answered = new Map<MemoryConnection, number>();
  #lines = 0;
  readonly #featured: boolean;

  /** `featured`: the route has features. */
  constructor(
    retry: Partial<RetryConfig> = {},
    bounds: TimeBounds | null = null,
    featured = false,
  ) {
    this.#featured = featured;
    this.#engine.onOutgoing = (origin) => {
      this.origins.push(origin);
      if (this.network === 'up') origin.establish();
      else if (this.network === 'refuses') origin.refuse();
    };
    const limits = {
      headTimeoutMs: TIMEOUT_MS,
      keepAliveTimeoutMs: TIMEOUT_MS,
      idleTimeoutMs: TIMEOUT_MS,
      time: bounds,
    };
    const allowance = { kind: 'rate', count: 10, windowMs: 1000, burst: 4, delayAfter: 2 } as const;
    const routes = [
      routeConfig({
        limits: { place: 'all', rates: ['rate'], concurrency: ['flight'] },
        ...(featured && FEATURES),
      }),
    ];
    const destination = { kind: 'stdout' } as const;
    const upstream = { ...UPSTREAM, retry: { ...UPSTREAM.retry, ...retry } };
    const config = proxyConfig(upstream, {
      limits,
      routes,
      accessLog: {
        destination,
        style: 'text',
        parts: [{ text: 'line' }],
        redact: [],
        truncateAddresses: false,
        sampleEvery: 1,
        flushMs: 50,
        bufferBytes: 65_536,
      },
    });
    const all = {
      ...config,
      rateLimits: [rateLimit({ allowance })],
      concurrencyLimits: [concurrencyLimit({ max: 4 })],
    };
    const mail = {
      send: (_destination: number, _bytes: Uint8Array, lines: number) => {
        this.#lines += lines;
        this.#plane.plane.linesTaken(0);
      },
    };
    this.#plane = startPlane(all, this.#engine, undefined, mail);
  }

  /** The client of that number, connected. */
  client(index: number): MemoryConnection {
    const known = this.clients[index];
    if (known?.open) return known;
    const client = this.#engine.accept();
    this.clients[index] = client;
    this.#all.push([index, client]);
    return client;
  }

  /** A client says something; its requests get paths of their own. */
  ask(index: number, text: string): void {
    const own = text.replace(/ \/ /g, () => ` /${index}.${this.#asked++} `);
    const asked = this.#featured ? own.replaceAll('Host: x', '$&\r\nAccept-Encoding: gzip') : own;
    this.client(index).arrive(Buffer.from(asked));
  }

  /** Whom the answers that a client got were for, as the servers said: client and number. */
  get answers(): { readonly client: number; readonly whose: readonly (readonly number[])[] }[] {
    return this.#all.map(([client, { sent }]) => {
      const found = [...sent.matchAll(/X-Answers: \/(\d)\.(\d+)/g)];
      return { client, whose: found.map(([, whose, number]) => [Number(whose), Number(number)]) };
    });
  }

  /**
   * A connection to a server that is open: 0 and 1 are the latest that have been asked something since
   * they last answered, if there are any.
   */
  origin(index: number): MemoryConnection | undefined {
    const open = this.origins.filter((origin) => origin.open && !origin.pending);
    const asked = open.filter(
      (origin) => pathsOf(origin).length > (this.#answered.get(origin) ?? 0),
    );
    return (index < 2 && asked.length > 0 ? asked : open).at(-1 - (index % 2));
  }

  /** A server says something; the first answer to a request says also whose it is. */
  answer(index: number, text: string): void {
    const origin = this.origin(index);
    if (origin === undefined) return;
    const final = /^HTTP\/1.1 [2-5]\d\d [^\r]*\r\n/;
    const paths = pathsOf(origin);
    const due = paths.length > (this.#answered.get(origin) ?? 0) && final.test(text);
    const line = this.#featured ? '\r\nContent-Type: text/html' : '';
    const told = due ? text.replace(final, `$&X-Answers: ${paths.at(-1)}${line}\r\n`) : text;
    if (due) this.#answered.set(origin, paths.length);
    origin.arrive(Buffer.from(told));
  }

  /** First lines of what servers take for requests; where a tunnel was asked for nobody can tell. */
  get taken(): string[] {
    const plain = this.origins.filter(({ sent }) => !sent.includes('\r\nUpgrade: '));
    const requests = plain.flatMap(({ sent }) => wireRequests(sent));
    return requests.map(({ head }) => head.split('\r\n', 1)[0]!);
  }

  /** Everything happens that happens by itself, and so many milliseconds pass. */
  async pass(ms: number): Promise<void> {
    await this.#settle();
    for (let passed = 0; passed < ms; passed += DEADLINE_TICK_MS) {
      vi.advanceTimersByTime(DEADLINE_TICK_MS);
      await this.#settle();
      this.#engine.pass(DEADLINE_TICK_MS);
      await this.#settle();
    }
  }

  /** A check says so of a server. */
  judge(index: number, up: boolean): void {
    this.#plane.registry.setVerdict(this.#identity(index), up ? Verdict.up : Verdict.down);
  }

  /** The operator drains a server, or takes that back. */
  drain(index: number, draining: boolean): void {
    this.#plane.registry.setDraining(this.#identity(index), draining);
  }

  /** The main thread's look at a breaker that has been open for long enough. */
  rest(index: number): void {
    this.#plane.registry.breaker(this.#identity(index)).apply('rested', UPSTREAM.ejection!);
  }

  /** From here on these are the servers; a changed one is another on its slot. */
  replace(indexes: readonly number[], connectionsMax: number): void {
    const servers = indexes.map((index) => ({ ...SERVERS[index]!, connectionsMax }));
    const all = this.#plane.registry.assign([UPSTREAM]);
    this.#plane.plane.replaceServers([{ upstream: 'web', servers, slots: all }]);
  }

  /** All servers are there and well again, and breakers try them. */
  recover(): void {
    this.network = 'up';
    const all = PORTS.map((_, index) => index);
    this.replace(all, CONNECTIONS_MAX);
    for (const index of all) {
      this.judge(index, true);
      this.drain(index, false);
      this.rest(index);
    }
  }

  /** The worker ends, and does not wait for anybody. */
  async cut(): Promise<void> {
    await this.#plane.plane.drain(0);
  }

  /** Of all servers together. */
  total(counter: ServerCounterName): number {
    return PORTS.reduce((sum, port) => sum + this.#plane.server(port)[counter], 0);
  }

  /** At the server that has most. */
  get inFlightMost(): number {
    return Math.max(...PORTS.map((port) => this.#plane.server(port).inFlight));
  }

  remains(): Remains {
    const { registry, views, limits } = this.#plane;
    const totals = PORTS.map((port) => this.#plane.server(port));
    const listener = this.#plane.listener();
    const { responses1xx, responses2xx, responses3xx, responses4xx, responses5xx } = listener;
    const answered = responses1xx + responses2xx + responses3xx + responses4xx + responses5xx;
    const table = new BucketTable(limits.concurrency[0]!.tables[0]!, new InFlightCount(4), 1);
    return {
      connections: this.#engine.open,
      clients: listener.open,
      inFlight: totals.map(({ inFlight }) => inFlight),
      unbalancedEnds: totals.map(({ unbalancedEnds }) => unbalancedEnds),
      places: PORTS.map((_, slot) => views.serverPlaces[views.indexOf('serverPlaces', 0, slot)]!),
      trials: PORTS.map((_, index) => {
        const { phase, trials, passes } = unpackBreaker(
          registry.breaker(this.#identity(index)).word,
        );
        return phase === 'half_open' ? trials - passes : 0;
      }),
      waiting: registry.upstreamTotals('web').waiting,
      limited: table.busy(0),
      timers: vi.getTimerCount(),
      deadlines: this.#engine.deadlines.filed,
      unanswered: listener.requests - answered,
      unlogged: listener.requests - this.#lines,
    };
  }

  async close(): Promise<void> {
    await this.#plane.close();
  }

  /** What is due in microtasks is, too. */
  async #settle(): Promise<void> {
    for (let turn = 0; turn < TURNS_OF_MICROTASKS; turn++) {
      this.#engine.settle();
      await Promise.resolve();
      // Compressors take turns of their own.
      if (this.#featured) await new Promise(setImmediate);
    }
  }

  #identity(index: number): string {
    return serverIdentity('web', SERVERS[index]!);
  }
}

/** When nothing is left. */
export const NOTHING: Remains = {
  connections: 0,
  clients: 0,
  inFlight: [0, 0, 0],
  unbalancedEnds: [0, 0, 0],
  places: [0, 0, 0],
  trials: [0, 0, 0],
  waiting: 0,
  limited: 0,
  timers: 0,
  deadlines: 0,
  unanswered: 0,
  unlogged: 0,
};

/** Of the requests that were sent to a server. */
function pathsOf({ sent }: MemoryConnection): readonly string[] {
  return [...sent.matchAll(/ (\/\S*) HTTP/g)].map(([, path]) => path!);
}
