import type { ProxyConfig, ServerConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import { type Clock, systemClock } from '../health/clock.ts';
import type { UpstreamTally } from '../health/upstream-tally.ts';
import type { Logger } from '../ports.ts';
import type { LiveServers } from '../upstream/live-servers.ts';
import { type Question, questionText } from './answer.ts';
import { Discovery, type NameStatus } from './discovery.ts';
import { expandServers, questionOf } from './expand.ts';
import { type Lookup, SystemLookup } from './lookup.ts';

/** A name, and who has servers of it. */
export interface NamedServersStatus extends NameStatus {
  readonly upstreams: readonly string[];
}

/** What the names need of the rest of the balancer. */
export interface NamedServersPorts {
  readonly servers: LiveServers;
  readonly log: Logger;
  /** Some upstreams have other servers, or their names another state. */
  readonly onChange: () => void;
  readonly clock?: Clock;
  readonly lookup?: Lookup;
}

/**
 * The servers of all upstreams that DNS tells: what names stand for becomes servers, as long as the
 * balancer runs. Costs nothing where the config has no names.
 */
export class NamedServers {
  #upstreams: readonly UpstreamConfig[];
  /** Of a config that is not used yet. */
  #prepared: readonly UpstreamConfig[] = [];
  readonly #ports: NamedServersPorts;
  readonly #discovery: Discovery;
  #begun = false;
  #waiting: boolean;

  /** Looks nothing up before `start`. */
  constructor({ upstreams, resolver }: ProxyConfig, ports: NamedServersPorts) {
    this.#upstreams = withNames(upstreams);
    this.#waiting = this.#upstreams.length > 0;
    this.#ports = ports;
    this.#discovery = new Discovery(resolver, {
      lookup: ports.lookup ?? new SystemLookup(resolver),
      clock: ports.clock ?? systemClock,
      log: ports.log,
      onChange: () => this.#apply(),
    });
    this.#configure();
  }

  /**
   * Begins. Resolves when each name was looked up once and its servers are servers, or when that takes
   * too long; with false if there are no names.
   */
  async start(): Promise<boolean> {
    if (!this.#waiting) return false;
    this.#begin();
    await this.#discovery.firstRound;
    this.#waiting = false;
    return true;
  }

  /**
   * Looks up what another config names and this one does not; resolves when that is done, or takes too
   * long. The names of both are kept until `use` or `abandon`.
   */
  async prepare(upstreams: readonly UpstreamConfig[]): Promise<void> {
    this.#prepared = withNames(upstreams);
    this.#configure();
    if (this.#prepared.length === 0) return;
    this.#begin();
    await this.#discovery.lookedUp(questionsOf(this.#prepared));
  }

  /** The servers of an upstream of the config that is prepared, as its names stand now. */
  preparedServers(upstream: UpstreamConfig, before: readonly ServerConfig[]) {
    return this.#expanded(upstream, before);
  }

  /** The config that was prepared is used from now on. */
  use(): void {
    this.#upstreams = this.#prepared;
    this.abandon();
  }

  /** It is not. */
  abandon(): void {
    this.#prepared = [];
    this.#configure();
  }

  /** Ends all look-ups; the servers stay as they are. Final. */
  stop(): void {
    this.#discovery.stop();
  }

  /** The first look-ups are not over. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Each name once, with all its upstreams. */
  status(): readonly NamedServersStatus[] {
    return this.#discovery.status().flatMap((status) => {
      const uses = ({ names }: UpstreamConfig) =>
        names.some((named) => questionText(questionOf(named)) === status.name);
      const upstreams = this.#upstreams.filter(uses).map(({ name }) => name);
      // The names of a config that is only prepared are nobody's yet.
      return upstreams.length === 0 ? [] : [{ ...status, upstreams }];
    });
  }

  /** What an operator must know of names that stand for nothing; empty when all is well. */
  warnings(): readonly string[] {
    if (this.#waiting) return [];
    return this.status()
      .filter(({ addresses }) => addresses.length === 0)
      .map(({ name, upstreams, problemText }) => {
        const whose = `${upstreams.length === 1 ? 'upstream' : 'upstreams'} ${upstreams.join(', ')}`;
        const why = problemText ?? 'its first look-up is not over';
        return `${whose}: no servers from ${name}, which does not resolve: ${why}`;
      });
  }

  /** A name that stands for nothing counts as one server: not up, or not known yet at the start. */
  tally(tallies: readonly UpstreamTally[]): readonly UpstreamTally[] {
    if (this.#upstreams.length === 0) return tallies;
    const all = new Map(tallies.map((tally) => [tally.name, tally]));
    for (const { name, names } of this.#upstreams) {
      const lost = names.filter((named) => this.#found(questionOf(named)).length === 0).length;
      const { up, unknown, total } = all.get(name) ?? { up: 0, unknown: 0, total: 0 };
      const notYet = this.#waiting ? lost : 0;
      all.set(name, { name, up, unknown: unknown + notYet, total: total + lost });
    }
    return [...all.values()];
  }

  /** The servers of an upstream as its names stand now; `upstream` has those it had until now. */
  serversOf({ name, servers }: UpstreamConfig): readonly ServerConfig[] {
    const upstream = this.#upstreams.find((one) => one.name === name);
    return upstream === undefined ? servers : this.#expanded(upstream, servers);
  }

  #found(question: Question) {
    return this.#discovery.found(question);
  }

  #configure(): void {
    this.#discovery.configure(questionsOf([...this.#upstreams, ...this.#prepared]));
  }

  /** Without names nothing ever runs. */
  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#discovery.start();
  }

  #expanded(upstream: UpstreamConfig, before: readonly ServerConfig[]): readonly ServerConfig[] {
    return expandServers(upstream, (question) => this.#found(question), before);
  }

  #apply(): void {
    this.#ports.servers.update((upstream) => this.serversOf(upstream));
    this.#ports.onChange();
  }
}

function withNames(upstreams: readonly UpstreamConfig[]): readonly UpstreamConfig[] {
  return upstreams.filter(({ names }) => names.length > 0);
}

function questionsOf(upstreams: readonly UpstreamConfig[]): readonly Question[] {
  return upstreams.flatMap(({ names }) => names.map(questionOf));
}
