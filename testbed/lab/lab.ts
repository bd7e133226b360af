/**
 * The lab: hosts made of namespaces, joined by a switch that is a namespace too. Nothing is created
 * outside the namespaces of {@link enterLab}, so nothing can be left behind.
 *
 *     edge-a   edge-b   origin-1  origin-2  origin-3   client      (eth0 each)
 *        └────────┴────────┴── switch: bridge "edge" ──┴─────┘
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { HostPlan, LanName } from './address-plan.ts';
import { AddressWatch } from './address-watch.ts';
import { insideLab } from './enter.ts';
import { Host } from './host.ts';
import { limits } from './limits.ts';
import { sharedFolder } from './namespace.ts';
import { type Loss, Switch } from './switch.ts';

export interface LabOptions {
  /** At most {@link limits.hostsMax}, names and numbers unique. */
  readonly hosts: readonly HostPlan[];
}

/** A running lab. Whoever creates one closes it. */
export class Lab {
  readonly switch: Switch;
  /** Work files (configurations, logs) of all hosts, in memory, gone with the lab. */
  readonly folder: string;
  readonly #hosts: ReadonlyMap<string, Host>;
  readonly #watches = new Set<AddressWatch>();
  #closing: Promise<void> | null = null;

  private constructor(created: Switch, folder: string, hosts: readonly Host[]) {
    this.switch = created;
    this.folder = folder;
    this.#hosts = new Map(hosts.map((host) => [host.name, host]));
  }

  /** Builds the hosts and their links. Throws when not inside {@link enterLab}. */
  static async create({ hosts: plans }: LabOptions): Promise<Lab> {
    if (!insideLab()) throw new Error('run this through `node testbed/lab/enter.ts -- COMMAND`');
    checkPlans(plans);
    mkdirSync(sharedFolder, { recursive: true });
    const folder = mkdtempSync(join(sharedFolder, 'lab-'));
    const runFolder = folder.replace('/run/lab/', '/run/hosts/');
    const created = await Switch.create(join(runFolder, 'switch'));
    const hosts = await Promise.all(plans.map((plan) => Host.create(plan, folder)));
    const lab = new Lab(created, folder, hosts);
    await Promise.all(hosts.map((host) => lab.#plugIn(host)));
    return lab;
  }

  /** The host of that name; throws when there is none. */
  host(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`the lab has no host "${name}"`);
    return host;
  }

  get hosts(): readonly Host[] {
    return [...this.#hosts.values()];
  }

  /** Pulls the host's cables out, all of them or the one to a LAN. Idempotent. */
  cut(name: string, lan?: LanName): Promise<void> {
    return this.switch.setPorts(this.host(name), false, lan);
  }

  /** Puts the host's cables back. Idempotent. */
  heal(name: string, lan?: LanName): Promise<void> {
    return this.switch.setPorts(this.host(name), true, lan);
  }

  /** Loses packets on the host's port until the next call; an empty list loses none. */
  lose(name: string, losses: readonly Loss[], lan?: LanName): Promise<void> {
    return this.switch.lose(this.host(name), losses, lan);
  }

  /**
   * Power loss: the link goes, everything that runs is killed, and what only memory held (added
   * addresses, packet filters, /run) is forgotten. {@link heal} gives the power back; what should
   * run is then started anew.
   */
  async crash(name: string): Promise<void> {
    const host = this.host(name);
    // The link first: a dying kernel sends no resets, so the ones of this one must not get out.
    await this.cut(name);
    await host.killAll();
    for (const watch of this.#watches) watch.note(name, false);
    await host.forget();
  }

  /** Names of the hosts on which the address is configured now. */
  async holders(address: string): Promise<readonly string[]> {
    const found = await Promise.all(
      this.hosts.map(async (host) => (await host.addresses()).includes(address)),
    );
    return this.hosts.filter((_, index) => found[index]).map((host) => host.name);
  }

  /** Reports from now on every host that gains or loses the address. */
  async watch(address: string, names: readonly string[]): Promise<AddressWatch> {
    return (await this.watchAll([address], names))[0]!;
  }

  /** The same of several addresses, in their order. */
  async watchAll(
    addresses: readonly string[],
    names: readonly string[],
  ): Promise<readonly AddressWatch[]> {
    const watches = await AddressWatch.startAll(
      names.map((name) => {
        const host = this.host(name);
        return {
          name,
          monitor: () =>
            host.spawn(['ip', '-o', 'monitor', 'address'], {
              streams: 'pipe',
              instrument: true,
              log: 'monitor',
            }).child,
          addresses: () => host.addresses(),
        };
      }),
      addresses,
    );
    for (const watch of watches) this.#watches.add(watch);
    return watches;
  }

  /** Kills everything and removes every trace. May be called more than once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const watch of this.#watches) watch.close();
    await Promise.all(this.hosts.map((host) => host.close()));
    await this.switch.close();
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.folder.replace('/run/lab/', '/run/hosts/'), { recursive: true, force: true });
  }

  async #plugIn(host: Host): Promise<void> {
    for (const lan of host.plan.lans ?? ['edge']) await this.switch.attach(host, lan);
    await host.configure();
  }
}

function checkPlans(plans: readonly HostPlan[]): void {
  if (plans.length === 0 || plans.length > limits.hostsMax) {
    throw new Error(`a lab has 1 to ${limits.hostsMax} hosts, not ${plans.length}`);
  }
  for (const key of ['name', 'number'] as const) {
    const values = plans.map((plan) => plan[key]);
    if (new Set(values).size !== values.length) throw new Error(`two hosts with one ${key}`);
  }
  for (const { name, number } of plans) {
    // The switch's ports carry the host's name, and an interface name has 15 characters at most.
    if (!/^[a-z][a-z0-9-]{0,9}$/.test(name)) throw new Error(`"${name}" is no host name`);
    if (!Number.isInteger(number) || number < 1 || number > 254) {
      throw new Error(`host number ${number} of ${name} is not 1-254`);
    }
  }
}
