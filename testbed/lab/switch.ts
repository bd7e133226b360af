/**
 * The switch: a namespace with one bridge per LAN and a port (a veth) per attached host. Cutting a
 * host is putting its port down: the host sees its carrier go, as with a pulled cable.
 */
import { spawn } from 'node:child_process';
import { type HostPlan, type LanName, lans } from './address-plan.ts';
import { run } from './command.ts';
import type { Host } from './host.ts';
import { Namespace } from './namespace.ts';
import { labPath } from './requirements.ts';

/** What is dropped on a port, seen from the host: what it sends, or what it should receive. */
export interface Loss {
  readonly direction: 'sent' | 'received';
  /** 0-100, rounded to a whole number; each packet is drawn on its own. */
  readonly percent: number;
  /** An nftables expression that a packet must match, e.g. `ip protocol 112`; default: any. */
  readonly match?: string;
}

/** The switch of a lab. */
export class Switch {
  readonly namespace: Namespace;

  private constructor(namespace: Namespace) {
    this.namespace = namespace;
  }

  static async create(runFolder: string): Promise<Switch> {
    const created = new Switch(await Namespace.create(runFolder));
    // Snooping off: without a querier on the LAN a bridge would forget the VRRP groups.
    const bridges = Object.keys(lans).flatMap((lan) => [
      `link add ${lan} type bridge forward_delay 0 stp_state 0 mcast_snooping 0`,
      `link set ${lan} up`,
    ]);
    await created.#batch(bridges);
    return created;
  }

  /** Plugs a host into a LAN. */
  async attach(host: Host, lan: LanName): Promise<void> {
    const port = portName(host.plan, lan);
    await this.#batch([
      `link add ${port} type veth peer name ${lans[lan].interface} netns ${host.namespace.pid}`,
      `link set ${port} master ${lan} up`,
    ]);
  }

  /** Pulls the host's cables out (`up` false) or puts them back. */
  async setPorts(host: Host, up: boolean, only?: LanName): Promise<void> {
    const attached = (host.plan.lans ?? ['edge']).filter((lan) => (only ?? lan) === lan);
    const state = up ? 'up' : 'down';
    await this.#batch(attached.map((lan) => `link set ${portName(host.plan, lan)} ${state}`));
  }

  /**
   * Makes ready to pull the host's cable out of the first LAN: `ip` waits for its command, so the cut comes within a
   * millisecond of the call instead of when a program has started.
   */
  cutter(host: Host): () => void {
    const [program, ...args] = this.namespace.enter(['ip', '-batch', '-']);
    const child = spawn(program, args, {
      env: { ...process.env, PATH: labPath() },
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    return () => child.stdin.end(`link set ${portName(host.plan, 'edge')} down\n`);
  }

  /** Loses packets on the host's port of a LAN from now on; replaces what was set before. */
  async lose(host: Host, losses: readonly Loss[], lan: LanName = 'edge'): Promise<void> {
    const port = portName(host.plan, lan);
    const table = `loss-${port}`;
    const rules = losses.map(({ direction, percent, match = '' }) => {
      const hook = direction === 'sent' ? 'ingress' : 'egress';
      const chance = percent >= 100 ? '' : `numgen random mod 100 < ${Math.round(percent)}`;
      return [
        `add chain netdev ${table} ${hook} { type filter hook ${hook} device "${port}" priority 0; }`,
        `add rule netdev ${table} ${hook} ${match} ${chance} drop`,
      ].join('\n');
    });
    const fresh = [`add table netdev ${table}`, `delete table netdev ${table}`];
    const script = rules.length === 0 ? fresh : [...fresh, `add table netdev ${table}`, ...rules];
    await run(this.namespace.enter(['nft', '-f', '-']), { input: `${script.join('\n')}\n` });
  }

  /** Where the first LAN's forwarding table has a MAC address: the host's name; null: nowhere. */
  async portOf(mac: string): Promise<string | null> {
    const shown = await run(this.namespace.enter(['bridge', 'fdb', 'show', 'br', 'edge']));
    const line = shown.split('\n').find((entry) => entry.startsWith(`${mac} `));
    const port = line === undefined ? undefined : /\bdev (\S+)/.exec(line)?.[1];
    return port?.replace(/\.edge$|^edge\./, '') ?? null;
  }

  close(): Promise<void> {
    return this.namespace.close();
  }

  async #batch(lines: readonly string[]): Promise<void> {
    await run(this.namespace.enter(['ip', '-batch', '-']), { input: `${lines.join('\n')}\n` });
  }
}

/** Interface names have 15 characters at most; host names of the lab are short. */
function portName(host: HostPlan, lan: LanName): string {
  return lan === 'edge' ? host.name : `${host.name}.${lan}`;
}
