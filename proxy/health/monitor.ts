import { isDeepStrictEqual } from 'node:util';
import type {
  HealthCheckConfig,
  ServerConfig,
  UpstreamConfig,
} from '../../src/config/proxy-config.ts';
import { type CommandRunner, createCommandRunner } from '../../src/os/command-runner.ts';
import type { UpstreamMaterial } from '../certificates/material.ts';
import type { Logger } from '../ports.ts';
import { Verdict, type VerdictName } from '../shared/layout.ts';
import { serverAddress, serverIdentity } from '../upstream/identity.ts';
import type { ServerRegistry } from '../upstream/registry.ts';
import { type Clock, systemClock } from './clock.ts';
import { type HealthState, stepHealth, uncheckedHealth } from './health-state.ts';
import { COMMANDS_CONCURRENT_MAX } from './limits.ts';
import type { CheckOutcome } from './probe.ts';
import { runCheck } from './run-check.ts';
import { CheckScheduler } from './scheduler.ts';
import { logFault, logVerdict } from './verdict-log.ts';

export interface HealthPorts {
  readonly log: Logger;
  readonly clock?: Clock;
  /** 0 to below 1; for jitter only. */
  readonly random?: () => number;
  /** What requests to an upstream use now for TLS; absent: nobody speaks it. */
  readonly tls?: (upstream: string) => UpstreamMaterial;
}

/** The health of one server as status and metrics show it. Times are wall clock, ms since 1970. */
export interface ServerHealth {
  readonly upstream: string;
  /** `host:port`. */
  readonly server: string;
  readonly identity: string;
  /** False: the upstream has no health check, so the server counts as up. */
  readonly checked: boolean;
  readonly verdict: VerdictName;
  readonly since: number;
  /** Null before the first check. */
  readonly lastCheckAt: number | null;
  readonly lastDurationMs: number | null;
  /** What was wrong at the last check; null when it passed. */
  readonly lastError: string | null;
  /** Passed and failed checks in a row; one of them is 0. */
  readonly successes: number;
  readonly failures: number;
  readonly draining: boolean;
}

export interface VerdictChange {
  readonly health: ServerHealth;
  readonly previous: VerdictName;
  /** ms the previous verdict lasted. */
  readonly previousForMs: number;
  /** Servers of the upstream that may get work now, never-checked ones included. */
  readonly remaining: number;
  /** The same before this change. */
  readonly remainingBefore: number;
  /** Servers of the upstream. */
  readonly total: number;
}

/** Servers that have to be judged by a check begun since a moment (of the monotonic clock). */
interface CheckRound {
  since: number;
  readonly left: Set<string>;
  readonly over: PromiseWithResolvers<void>;
}

interface Watched {
  readonly identity: string;
  /** Calls off the check under way; a new one with every change of the check. */
  abort: AbortController;
  upstream: UpstreamConfig;
  server: ServerConfig;
  check: HealthCheckConfig | null;
  /** Its `since` is monotonic, so that a step of the wall clock falsifies no duration. */
  state: HealthState;
  /** The same moment on the wall clock. */
  since: number;
  lastCheckAt: number | null;
  lastDurationMs: number | null;
  lastError: string | null;
  /** A check has said something about it, or none ever will. */
  judged: boolean;
}

/**
 * Checks every server of every upstream that has a health check, on the main thread, and writes the
 * verdicts where the workers read them. The registry must have the servers assigned already.
 */
export class HealthMonitor {
  readonly #registry: ServerRegistry;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #tls: HealthPorts['tls'];
  readonly #scheduler: CheckScheduler;
  /** Commands have a bound of their own, so that they do not hold up the checks that cost nothing. */
  readonly #commands: CheckScheduler;
  readonly #listeners: ((change: VerdictChange) => void)[] = [];
  readonly #watched = new Map<string, Watched>();
  #started = false;
  #firstRound = Promise.withResolvers<void>();
  #round: CheckRound | null = null;
  #runner: CommandRunner | null = null;

  constructor(configs: readonly UpstreamConfig[], registry: ServerRegistry, ports: HealthPorts) {
    this.#registry = registry;
    this.#log = ports.log;
    this.#clock = ports.clock ?? systemClock;
    this.#tls = ports.tls;
    const timing = { clock: this.#clock, random: ports.random ?? Math.random };
    this.#scheduler = new CheckScheduler(timing);
    this.#commands = new CheckScheduler({ ...timing, concurrentMax: COMMANDS_CONCURRENT_MAX });
    this.configure(configs);
  }

  /** Begins checking; every server's first check starts at once. */
  start(): void {
    this.#started = true;
    for (const watched of this.#watched.values()) this.#schedule(watched);
  }

  /** Ends all checking, those under way included. Final. */
  stop(): void {
    this.#started = false;
    for (const watched of [...this.#watched.values()]) this.#forget(watched);
    this.#runner?.close();
  }

  /**
   * Takes over another config (after `registry.assign`). A server that stays keeps what is known of
   * it; if its check changed, it is checked anew at once, but its verdict holds until then.
   */
  configure(configs: readonly UpstreamConfig[]): void {
    const wanted = new Set<string>();
    for (const upstream of configs) {
      for (const server of upstream.servers) {
        wanted.add(serverIdentity(upstream.name, server));
        this.#configureServer(upstream, server);
      }
    }
    for (const [identity, watched] of this.#watched) {
      if (!wanted.has(identity)) this.#forget(watched);
    }
    this.#settleFirstRound();
  }

  /** Resolves when every server that has a check has a first verdict. Never after `stop`. */
  get firstRound(): Promise<void> {
    return this.#firstRound.promise;
  }

  /**
   * Checks every server now, whatever its interval, and one that is down and passes as often as it
   * takes to be up: what is known was learned over a link that was down. Resolves when every server
   * was judged anew; asked for again meanwhile, all are.
   */
  checkNow(): Promise<void> {
    const checked = [...this.#watched.values()].filter(({ check }) => check !== null);
    const round = this.#round ?? { since: 0, left: new Set(), over: Promise.withResolvers() };
    round.since = this.#clock.now();
    for (const { identity } of checked) round.left.add(identity);
    this.#round = round;
    for (const { identity, check } of checked) this.#schedulerOf(check).hurry(identity);
    this.#settleRound();
    return round.over.promise;
  }

  /** Calls back after each change of a verdict, first ones included. */
  onChange(listener: (change: VerdictChange) => void): void {
    this.#listeners.push(listener);
  }

  /** Every server, in the config's order. */
  status(): ServerHealth[] {
    return [...this.#watched.values()].map((watched) => this.#healthOf(watched));
  }

  #configureServer(upstream: UpstreamConfig, server: ServerConfig): void {
    const identity = serverIdentity(upstream.name, server);
    const known = this.#watched.get(identity);
    // Taken out and put in again: the map keeps the config's order.
    this.#watched.delete(identity);
    const check = upstream.healthCheck;
    if (known !== undefined && (known.check === null) === (check === null)) {
      this.#watched.set(identity, known);
      known.upstream = upstream;
      const before = [known.check, known.server.checkAddress];
      known.server = server;
      if (isDeepStrictEqual(before, [check, server.checkAddress])) return;
      this.#schedulerOf(known.check).remove(identity);
      known.check = check;
      known.abort.abort();
      known.abort = new AbortController();
      if (this.#started) this.#schedule(known);
      return;
    }
    if (known !== undefined) this.#forget(known);
    const state = uncheckedHealth(this.#clock.now(), check === null ? 'up' : check.initial);
    this.#registry.setVerdict(identity, Verdict[state.verdict]);
    const watched: Watched = {
      identity,
      abort: new AbortController(),
      upstream,
      server,
      check,
      state,
      since: this.#clock.wall(),
      lastCheckAt: null,
      lastDurationMs: null,
      lastError: null,
      judged: check === null,
    };
    this.#watched.set(identity, watched);
    if (this.#started) this.#schedule(watched);
  }

  #forget(watched: Watched): void {
    this.#schedulerOf(watched.check).remove(watched.identity);
    watched.abort.abort();
    this.#watched.delete(watched.identity);
    this.#round?.left.delete(watched.identity);
    this.#settleRound();
  }

  #schedule(watched: Watched): void {
    const { check, identity } = watched;
    if (check === null) return;
    const intervalMs = () =>
      watched.state.verdict === 'up' ? check.intervalMs : check.intervalDownMs;
    this.#schedulerOf(check).add(identity, intervalMs, () => this.#check(watched, check));
  }

  #schedulerOf(check: HealthCheckConfig | null): CheckScheduler {
    return check?.probe.kind === 'command' ? this.#commands : this.#scheduler;
  }

  #commandRunner(): CommandRunner {
    this.#runner ??= createCommandRunner({
      commands: 'health checks',
      process: 'the balancer',
      warn: (fields, message) => this.#log.warn(fields, message),
    });
    return this.#runner;
  }

  async #check(watched: Watched, check: HealthCheckConfig): Promise<void> {
    const { signal } = watched.abort;
    const startedAt = this.#clock.now();
    const outcome = await runCheck({
      upstream: watched.upstream,
      server: watched.server,
      check,
      signal,
      material: this.#tls?.(watched.upstream.name) ?? null,
      runner: () => this.#commandRunner(),
    });
    // A result of a check that is not the config's any more decides nothing.
    if (signal.aborted) return;
    watched.lastCheckAt = this.#clock.wall();
    watched.lastDurationMs = this.#clock.now() - startedAt;
    this.#judge(watched, check, outcome);
    if (this.#round !== null && startedAt >= this.#round.since) {
      const rising = outcome.kind === 'passed' && watched.state.verdict === 'down';
      if (rising) this.#schedulerOf(check).hurry(watched.identity);
      else this.#round.left.delete(watched.identity);
      this.#settleRound();
    }
  }

  #settleRound(): void {
    if (this.#round === null || this.#round.left.size > 0) return;
    this.#round.over.resolve();
    this.#round = null;
  }

  #judge(watched: Watched, check: HealthCheckConfig, outcome: CheckOutcome): void {
    watched.lastError = outcome.kind === 'passed' ? null : outcome.error;
    if (outcome.kind === 'inconclusive') {
      logFault(this.#log, this.#healthOf(watched));
      return;
    }
    const before = watched.state;
    watched.judged = true;
    const now = this.#clock.now();
    watched.state = stepHealth(before, outcome.kind === 'passed', check, now);
    if (watched.state.verdict === before.verdict) {
      this.#settleFirstRound();
      return;
    }
    watched.since = this.#clock.wall();
    const remainingBefore = this.#remaining(watched.upstream);
    this.#registry.setVerdict(watched.identity, Verdict[watched.state.verdict]);
    const change: VerdictChange = {
      health: this.#healthOf(watched),
      previous: before.verdict,
      previousForMs: now - before.since,
      remaining: this.#remaining(watched.upstream),
      remainingBefore,
      total: watched.upstream.servers.length,
    };
    logVerdict(this.#log, change);
    for (const listener of this.#listeners) listener(change);
    this.#settleFirstRound();
  }

  #remaining(upstream: UpstreamConfig): number {
    return upstream.servers.filter((server) => {
      const identity = serverIdentity(upstream.name, server);
      const down = this.#registry.verdict(identity) === Verdict.down;
      return !down && !server.down && server.weight > 0 && !this.#registry.draining(identity);
    }).length;
  }

  #settleFirstRound(): void {
    for (const { judged } of this.#watched.values()) {
      if (!judged) return;
    }
    this.#firstRound.resolve();
  }

  #healthOf(watched: Watched): ServerHealth {
    const { state, upstream } = watched;
    return {
      upstream: upstream.name,
      server: serverAddress(watched.server),
      identity: watched.identity,
      checked: watched.check !== null,
      verdict: state.verdict,
      since: watched.since,
      lastCheckAt: watched.lastCheckAt,
      lastDurationMs: watched.lastDurationMs,
      lastError: watched.lastError,
      successes: state.successes,
      failures: state.failures,
      draining: this.#registry.draining(watched.identity),
    };
  }
}
