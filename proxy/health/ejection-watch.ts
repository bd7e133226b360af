import type { EjectionConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { Logger } from '../ports.ts';
import type { BreakerCells } from '../resilience/breaker-cells.ts';
import {
  type BreakerPhase,
  type BreakerState,
  ejectedMax,
  openMs,
  phaseOf,
  unpackBreaker,
} from '../resilience/circuit-breaker.ts';
import { panics } from '../resilience/panic.ts';
import { Verdict } from '../shared/layout.ts';
import { processNow } from '../shared/process-clock.ts';
import type { ServerOutcomes } from '../shared/totals.ts';
import { serverAddress, serverIdentity } from '../upstream/identity.ts';
import type { ServerRegistry } from '../upstream/registry.ts';
import { type Clock, systemClock, type Timer } from './clock.ts';
import { EjectionLog } from './ejection-log.ts';
import { EJECTION_WATCH_MS } from './limits.ts';

/** What happens to requests has done to a server, as status and metrics show it. */
export interface ServerEjection {
  readonly state: 'none' | 'ejected' | 'trial';
  /** Wall clock, ms since 1970; null while nothing is wrong. */
  readonly since: number | null;
  /** When an ejection ends, later with each further error; null otherwise. */
  readonly until: number | null;
  /** The last error, or the share of them; null: none. */
  readonly reason: string | null;
  /** Repeats: how often it was ejected lately. */
  readonly repeats: number;
  /** How often it was ejected since the start. */
  readonly ejections: number;
}

export interface EjectionPorts {
  readonly log: Logger;
  readonly clock?: Clock;
  /** The clock that the workers note failures by, ms. */
  readonly now?: () => number;
}

interface Watched {
  readonly upstream: string;
  readonly identity: string;
  readonly address: string;
  readonly rule: EjectionConfig;
  readonly cells: BreakerCells;
  phase: BreakerPhase;
  /** Wall clock. */
  since: number;
  /** By the workers' clock: when it was first taken out, to say for how long. */
  outSince: number;
  /** Repeats as last seen: an open breaker that was closed and opened between two looks has more. */
  repeats: number;
  ejections: number;
  /** Why, where it was not the last error. */
  share: string | null;
  outcomes: ServerOutcomes;
}

/**
 * The main thread's part in ejections. Workers open breakers as requests fail; here their time ends,
 * shares of errors are judged, and what changes is told. It looks at shared memory every
 * EJECTION_WATCH_MS and needs no word from the workers, so none that dies takes a server with it.
 */
export class EjectionWatch {
  readonly #registry: ServerRegistry;
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #log: EjectionLog;
  #upstreams: readonly UpstreamConfig[] = [];
  #watched = new Map<string, Watched>();
  /** When each upstream's shares are judged next, by the workers' clock. */
  #judgeAt = new Map<string, number>();
  #panicking = new Set<string>();
  #timer: Timer | null = null;
  #stopped = false;

  constructor(configs: readonly UpstreamConfig[], registry: ServerRegistry, ports: EjectionPorts) {
    this.#registry = registry;
    this.#clock = ports.clock ?? systemClock;
    this.#now = ports.now ?? processNow;
    this.#log = new EjectionLog(ports.log, this.#now);
    this.configure(configs);
  }

  /** Takes over other servers or rules (after `registry.assign`); what stays keeps its state. */
  configure(configs: readonly UpstreamConfig[]): void {
    this.#upstreams = configs.filter((one) => one.ejection !== null || one.panicThreshold > 0);
    this.#forgetFormer(configs);
    const before = this.#watched;
    this.#watched = new Map();
    for (const upstream of configs) {
      for (const server of upstream.servers) {
        const identity = serverIdentity(upstream.name, server);
        const cells = this.#registry.breaker(identity);
        if (upstream.ejection === null) cells.clear();
        else {
          const address = serverAddress(server);
          const fresh = { upstream: upstream.name, identity, address, rule: upstream.ejection };
          this.#watched.set(identity, {
            ...(before.get(identity) ?? this.#unknown(identity)),
            ...fresh,
            cells,
          });
        }
      }
    }
    this.#arm();
  }

  /** An upstream without such a rule, or one that is gone, is not judged, and does not panic. */
  #forgetFormer(configs: readonly UpstreamConfig[]): void {
    const rules = new Map(configs.map((one) => [one.name, one]));
    for (const name of this.#judgeAt.keys()) {
      if (rules.get(name)?.ejection == null) this.#judgeAt.delete(name);
    }
    for (const name of this.#panicking) {
      if ((rules.get(name)?.panicThreshold ?? 0) === 0) this.#panicking.delete(name);
    }
  }

  /** Ends the watch. Final. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** A check says that a server is up after it was down: what happened before is of the past. */
  restored(identity: string): void {
    const watched = this.#watched.get(identity);
    if (watched !== undefined) watched.cells.apply('restored', watched.rule);
  }

  /** Null: nothing that happens to requests takes the server out. */
  status(identity: string): ServerEjection | null {
    const watched = this.#watched.get(identity);
    if (watched === undefined) return null;
    const state = unpackBreaker(watched.cells.word);
    const open = state.phase === 'open';
    const left = this.#endsAt(watched, state) - this.#now();
    return {
      state: open ? 'ejected' : state.phase === 'closed' ? 'none' : 'trial',
      since: state.phase === 'closed' ? null : watched.since,
      until: open ? Math.round(this.#clock.wall() + Math.max(0, left)) : null,
      reason: watched.share ?? watched.cells.reason,
      repeats: state.ejections,
      ejections: watched.ejections,
    };
  }

  /** So few servers of the upstream are fit that all are used. */
  panicking(upstream: string): boolean {
    return this.#panicking.has(upstream);
  }

  /** Looks at everything once; the timer does that. */
  look(): void {
    const now = this.#now();
    for (const upstream of this.#upstreams) this.#judge(upstream, now);
    for (const watched of this.#watched.values()) this.#follow(watched, now);
    for (const upstream of this.#upstreams) this.#judgePanic(upstream);
  }

  #arm(): void {
    if (this.#stopped || this.#timer !== null || this.#upstreams.length === 0) return;
    this.#timer = this.#clock.after(EJECTION_WATCH_MS, () => {
      this.#timer = null;
      this.look();
      this.#arm();
    });
  }

  #unknown(identity: string) {
    const outcomes = this.#registry.outcomes(identity);
    return {
      phase: 'closed' as BreakerPhase,
      since: this.#clock.wall(),
      outSince: 0,
      repeats: 0,
      ejections: 0,
      share: null,
      outcomes,
    };
  }

  #endsAt({ cells, rule }: Watched, { ejections }: BreakerState): number {
    return cells.lastFailureAt + openMs(ejections, rule);
  }

  /** Ends what is over, and tells what has changed since the last look. */
  #follow(watched: Watched, now: number): void {
    const { cells, rule } = watched;
    const state = unpackBreaker(cells.word);
    const again = state.phase === 'open' && state.ejections > watched.repeats;
    if (state.phase !== watched.phase || again) this.#changed(watched, state, now);
    watched.repeats = state.ejections;
    if (state.phase === 'open' && now >= this.#endsAt(watched, state)) {
      cells.lastTrialAt = now;
      const { after } = cells.apply('rested', rule);
      this.#changed(watched, after, now);
    }
    // A trial that came to no end by now, for want of an answer or of its worker, was none.
    if (state.phase === 'half_open' && now - cells.lastTrialAt > rule.baseMs) {
      cells.apply('renewed', rule);
    }
  }

  #changed(watched: Watched, state: BreakerState, now: number): void {
    const before = watched.phase;
    watched.phase = state.phase;
    watched.since = this.#clock.wall();
    if (state.phase === 'open') {
      watched.ejections++;
      if (before === 'closed') watched.outSince = now;
    }
    if (state.phase !== 'half_open') {
      this.#registry.noteEjection(watched.identity, state.phase === 'open');
    }
    const { upstream, address, cells, rule, share } = watched;
    this.#log.note({
      upstream,
      server: address,
      phase: state.phase,
      reason: share ?? cells.reason,
      openMs: openMs(state.ejections, rule),
      repeats: state.ejections,
      outMs: now - watched.outSince,
      ...this.#count(upstream),
    });
    if (state.phase === 'closed') watched.share = null;
  }

  /** How many servers of an upstream may get work, and how many there are. */
  #count(name: string): { readonly remaining: number; readonly total: number } {
    const upstream = this.#upstreams.find((one) => one.name === name)!;
    const identities = upstream.servers
      .filter(({ weight, down }) => weight > 0 && !down)
      .map((server) => serverIdentity(name, server))
      .filter((identity) => !this.#registry.draining(identity));
    const fit = identities.filter((identity) => {
      if (this.#registry.verdict(identity) === Verdict.down) return false;
      const watched = this.#watched.get(identity);
      return watched === undefined || phaseOf(watched.cells.word) !== 'open';
    });
    return { remaining: fit.length, total: identities.length };
  }

  /** At the end of an interval: whose share of errors is too large, and who was well. */
  #judge({ name, ejection }: UpstreamConfig, now: number): void {
    if (ejection === null) return;
    const due = this.#judgeAt.get(name);
    if (due !== undefined && now < due) return;
    this.#judgeAt.set(name, now + ejection.intervalMs);
    const servers = [...this.#watched.values()].filter(({ upstream }) => upstream === name);
    for (const watched of servers) {
      const before = watched.outcomes;
      watched.outcomes = this.#registry.outcomes(watched.identity);
      if (due === undefined) continue;
      const failures = watched.outcomes.failures - before.failures;
      const requests = failures + watched.outcomes.successes - before.successes;
      if (!this.#outlying(watched, failures, requests)) {
        if (failures === 0) watched.cells.apply('forgiven', ejection);
        continue;
      }
      const out = servers.filter(({ cells }) => phaseOf(cells.word) !== 'closed').length;
      if (out >= ejectedMax(this.#count(name).total, ejection)) continue;
      watched.cells.postpone(now);
      const { before: from, after } = watched.cells.apply('outlying', ejection);
      if (from !== after) watched.share = `${failures} of ${requests} requests failed`;
    }
  }

  #outlying({ rule }: Watched, failures: number, requests: number): boolean {
    const { rate } = rule;
    if (rate === null || requests < rate.requestsMin) return false;
    return failures * 100 >= rate.percent * requests;
  }

  #judgePanic({ name, panicThreshold }: UpstreamConfig): void {
    if (panicThreshold === 0) return;
    const { remaining, total } = this.#count(name);
    const panic = panics(remaining, total, panicThreshold);
    if (panic === this.#panicking.has(name)) return;
    if (panic) this.#panicking.add(name);
    else this.#panicking.delete(name);
    this.#log.panic(name, panic, { remaining, total, panicThreshold });
  }
}
