/** The pair under fire: started as an operator starts it, and looked at from outside. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentStatus } from '../../keepalive/index.ts';
import { virtualAddress4 } from '../../testbed/lab/address-plan.ts';
import type { AddressWatch } from '../../testbed/lab/address-watch.ts';
import type { Host, LabProcess } from '../../testbed/lab/host.ts';
import { Lab } from '../../testbed/lab/lab.ts';
import { tandem, tandemCommand } from '../../testbed/lab/stacks/tandem.ts';
import { waitUntil } from '../../testbed/lab/wait-until.ts';
import { limits } from './limits.ts';
import { config, edges, environment, routers, stranger } from './plan.ts';

/** Where each host keeps its sockets. */
export const runtimeFolder = '/run/tandem';

/** The counters of routers that grow when a packet is not taken as it is. */
const ROUTER_ERRORS = [
  'checksumErrors',
  'versionErrors',
  'ipTtlErrors',
  'invalidTypeErrors',
  'packetLengthErrors',
  'advertIntervalErrors',
  'addressListErrors',
  'authTypeMismatchErrors',
  'invalidAuthTypeErrors',
  'authFailures',
  'destinationErrors',
  'peerErrors',
  'ownAddressReceived',
  'ownerConflicts',
] as const;
const LINK_ERRORS = [
  'vridErrors',
  'checksumErrors',
  'versionErrors',
  'ipTtlErrors',
  'invalidTypeErrors',
  'packetLengthErrors',
  'addressListErrors',
  'advertIntervalErrors',
] as const;
const BFD_ERRORS = [
  'hopLimitErrors',
  'formatErrors',
  'discriminatorErrors',
  'authenticationErrors',
] as const;

/** One agent, as it says. */
export interface Look {
  readonly host: string;
  readonly status: AgentStatus;
}

/** Two hosts with Tandem, and a stranger. */
export class FuzzedPair {
  readonly lab: Lab;
  readonly watch: AddressWatch;
  readonly #started: readonly LabProcess[];
  readonly #agents: readonly number[];

  private constructor(lab: Lab, watch: AddressWatch, started: readonly LabProcess[]) {
    this.lab = lab;
    this.watch = watch;
    this.#started = started;
    this.#agents = this.hosts.map((host) => agentOn(host));
  }

  /** Builds the lab and waits until edge-a is Active everywhere, with BFD up and its balancer ready. */
  static async start(): Promise<FuzzedPair> {
    const lab = await Lab.create({ hosts: [...edges, stranger] });
    try {
      const watch = await lab.watch(
        virtualAddress4,
        edges.map(({ name }) => name),
      );
      const started = edges.map(({ name }) => {
        const host = lab.host(name);
        writeFileSync(join(host.folder, 'tandem.yaml'), config);
        return host.spawn(tandemCommand(host, ['run']), { log: 'tandem', env: environment });
      });
      const settled = async () => {
        const looks = await Promise.all(edges.map(({ name }) => look(lab.host(name))));
        return looks.every((one, index) => one !== null && isSettled(one.status, index === 0));
      };
      await waitUntil('the pair to settle', settled, limits.readyTimeoutMs, 300);
      return new FuzzedPair(lab, watch, started);
    } catch (error) {
      const logs = edges.map(({ name }) => `${name}:\n${lab.host(name).logTail('tandem')}`);
      await lab.close();
      throw new Error(`${(error as Error).message}\n${logs.join('\n')}`);
    }
  }

  /** The hosts with an agent, edge-a first. */
  get hosts(): readonly Host[] {
    return edges.map(({ name }) => this.lab.host(name));
  }

  /** What both agents say now. Rejects when one does not answer. */
  async looks(): Promise<readonly Look[]> {
    const looks = await Promise.all(this.hosts.map((host) => look(host)));
    return looks.map((one, index) => {
      if (one === null) throw new Error(`the agent on ${edges[index]?.name} does not answer`);
      return one;
    });
  }

  /** Resident memory of the agents, bytes. Throws when one is not the process it was. */
  resident(): readonly number[] {
    return this.hosts.map((host, index) => {
      const pid = this.#agents[index];
      const found = host.processes().find((one) => one.pid === pid);
      if (found === undefined) throw new Error(`the agent on ${host.name} has died`);
      return found.residentBytes;
    });
  }

  /** Lines that Tandem has logged on each host. */
  logLines(): readonly number[] {
    return this.#started.map(({ logFile }) => readFileSync(logFile, 'utf8').split('\n').length - 1);
  }

  /** What was logged last, for a run that failed. */
  logTails(): string {
    return this.hosts.map((host) => `${host.name}:\n${host.logTail('tandem')}`).join('\n');
  }

  /** Stops both in order, and removes everything. */
  async close(): Promise<void> {
    await Promise.all(this.#started.map((one) => one.stop()));
    await this.lab.close();
  }
}

function agentOn(host: Host): number {
  const found = host
    .processes()
    .find(({ commandLine }) => tandem.halves.keepalive.test(commandLine));
  if (found === undefined) throw new Error(`no agent on ${host.name}`);
  return found.pid;
}

async function look(host: Host): Promise<Look | null> {
  const socket = `${runtimeFolder}/keepalive.sock`;
  const curl = ['curl', '-s', '--max-time', '5', '--unix-socket', socket, 'http://agent/status'];
  const { status, stdout } = await host.attempt(curl);
  return status === 0 ? { host: host.name, status: JSON.parse(stdout) as AgentStatus } : null;
}

function isSettled(status: AgentStatus, active: boolean): boolean {
  const states = status.routers.map(({ state }) => state);
  const expected = active ? 'Active' : 'Backup';
  return (
    states.every((state) => state === expected) &&
    status.bfd[0]?.state === 'Up' &&
    status.proxy.ready
  );
}

/** Everything that no invalid packet may change, as text to be compared. */
export function standing({ host, status }: Look): string {
  const parts = status.routers.map(({ name, state, priority, transitions, statistics }) =>
    [name, state, priority.effective, transitions.length, statistics.becameActive].join(' '),
  );
  const sessions = status.bfd.map(
    ({ state, statistics }) => `BFD ${state} lost ${statistics.lost}`,
  );
  const others = status.duplicates.map(
    ({ router, holders, yieldedTo, statistics: { found } }) =>
      `${router} duplicates ${holders.length} ${yieldedTo} ${found}`,
  );
  const balancer = `balancer ${status.proxy.alive} ${status.proxy.ready}`;
  return [host, ...parts, ...sessions, ...others, balancer].join(', ');
}

/**
 * The counters under the names that shots.ts uses. `packets`: those received that no router has
 * taken; the adverts of the peer are the others.
 */
export function counters({ host, status }: Look): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { family, statistics } of status.links) {
    const known = routers[family].map(({ vrid }) => vrid);
    const mine = status.routers.filter((one) => one.family === family && known.includes(one.vrid));
    const sum = (name: (typeof ROUTER_ERRORS)[number] | 'advertisementsReceived') =>
      mine.reduce((total, router) => total + router.statistics[name], 0);
    const taken = sum('advertisementsReceived');
    found[`${host} ${family} packets`] = statistics.packetsReceived - taken;
    for (const name of LINK_ERRORS) found[`${host} ${family} ${name}`] = statistics[name];
    found[`${host} ${family} routers`] = ROUTER_ERRORS.reduce((all, name) => all + sum(name), 0);
  }
  for (const { statistics } of status.bfd) {
    for (const name of BFD_ERRORS) found[`${host} bfd ${name}`] = statistics[name];
  }
  return found;
}

/** Adverts of the 100 ms routers so far, and how many of them left more than 50 and 100 ms late. */
export function lateness(looks: readonly Look[]): { all: number; half: number; whole: number } {
  const total = { all: 0, half: 0, whole: 0 };
  for (const { status } of looks) {
    for (const { timers, statistics } of status.routers) {
      if (timers.advertIntervalMs !== 100) continue;
      const { buckets, count } = statistics.advertLateness;
      const above = (bound: number) =>
        buckets.reduce((sum, n, i) => sum + ((latenessBounds[i] ?? Infinity) > bound ? n : 0), 0);
      total.all += count;
      total.half += above(50_000);
      total.whole += above(100_000);
    }
  }
  return total;
}

/** Upper bounds of the agent's buckets, microseconds; the last one has none. */
const latenessBounds = [
  100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000,
] as const;
