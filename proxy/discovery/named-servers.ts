import type { ProxyConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
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
  readonly #upstreams: readonly UpstreamConfig[];
  readonly #ports: NamedServersPorts;
  readonly #discovery: Discovery;
  #waiting: boolean;

  /** Looks nothing up before `start`. */
  constructor({ upstreams, resolver }: ProxyConfig, ports: NamedServersPorts) {
    this.#upstreams = upstreams.filter(({ names }) => names.length > 0);
    this.#waiting = this.#upstreams.length > 0;
    this.#ports = ports;
    this.#discovery = new Discovery(resolver, {
      lookup: ports.lookup ?? new SystemLookup(resolver),
      clock: ports.clock ?? systemClock,
      log: ports.log,
      onChange: () => this.#apply(),
    });
    this.#discovery.configure(this.#upstreams.flatMap(({ names }) => names.map(questionOf)));
  }

  /**
   * Begins. Resolves when each name was looked up once and its servers are servers, or when that takes
   * too long; with false if there are no names.
   */
  async start(): Promise<boolean> {
    if (!this.#waiting) return false;
    this.#discovery.start();
    await this.#discovery.firstRound;
    this.#waiting = false;
    return true;
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
    return this.#discovery.status().map((status) => {
      const uses = ({ names }: UpstreamConfig) =>
        names.some((named) => questionText(questionOf(named)) === status.name);
      return { ...status, upstreams: this.#upstreams.filter(uses).map(({ name }) => name) };
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

  #found(question: Question) {
    return this.#discovery.found(question);
  }

  #apply(): void {
    const configured = new Map(this.#upstreams.map((upstream) => [upstream.name, upstream]));
    this.#ports.servers.update(({ name, servers }) => {
      const upstream = configured.get(name);
      if (upstream === undefined) return servers;
      return expandServers(upstream, (question) => this.#found(question), servers);
    });
    this.#ports.onChange();
  }
}
