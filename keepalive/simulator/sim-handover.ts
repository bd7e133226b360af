import { OsError } from '../../src/os/errors.ts';
import { formatIp } from '../../src/os/ip-address.ts';
import type { SecondChanceOptions } from '../handover/handover-ports.ts';
import type { AgentPorts } from '../ports.ts';
import type { HostPart, SimProcess } from './host-part.ts';
import type { SimClock } from './sim-clock.ts';

const EPERM = 1;
/** What a kernel takes to count. */
const COUNT_MICROS = 200;

/** What a host's kernel has of agreed handovers: rules that pass packets on, and connections. */
export class SimHandover implements HostPart {
  readonly #clock: SimClock;
  /** Connections that clients have on an address, whether or not it is here; absent: none. */
  readonly connections = new Map<string, number>();
  /** The kernel refuses rules that pass packets on. */
  refused = false;
  /** How often the connections on an address were broken. */
  readonly #breaks = new Map<string, number>();
  /** What is passed on, and to which host; rules outlive the process that made them. */
  readonly #rules = new Map<string, SecondChanceOptions>();

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  /** Addresses (canonical text) whose strangers are passed on, with the host's own address they go to. */
  get passesOn(): ReadonlyMap<string, string> {
    const all = [...this.#rules.values()].flatMap(({ addresses, peer }) =>
      addresses.map(({ address }) => [address, formatIp(peer)] as const),
    );
    return new Map(all);
  }

  /** @throws {OsError} of the host's kernel. */
  #mayChangeRules(): void {
    if (this.refused) throw new OsError('nft', EPERM, 'add table');
  }

  ports({ alive, run }: SimProcess): Pick<AgentPorts, 'secondChances' | 'census'> {
    return {
      secondChances: {
        open: (options) => {
          this.#mayChangeRules();
          const key = `${options.family}/${options.vrid}`;
          let mine = options;
          this.#rules.set(key, mine);
          return {
            counters: () => ({ packets: 0, bytes: 0 }),
            cover: (addresses) => {
              this.#mayChangeRules();
              if (!alive() || this.#rules.get(key) !== mine) return;
              mine = { ...mine, addresses };
              this.#rules.set(key, mine);
            },
            close: () => {
              if (alive() && this.#rules.get(key) === mine) this.#rules.delete(key);
            },
          };
        },
        rehearse: () => {},
        sweep: () => {
          if (alive()) this.#rules.clear();
        },
        close: () => {
          if (alive()) this.#rules.clear();
        },
      },
      census: {
        count: async (addresses) => {
          await this.#clock.delay(COUNT_MICROS);
          return addresses.reduce((sum, one) => sum + (this.connections.get(one) ?? 0), 0);
        },
        forget: async () => {
          await this.#clock.delay(COUNT_MICROS);
          await new Promise<void>((resolve) => run(resolve));
        },
        close: () => {},
      },
    };
  }

  /** A client's connection is accepted; what is returned ends it, unless it was broken before. */
  accept(address: string): () => void {
    const { connections } = this;
    const breaks = this.#breaks;
    connections.set(address, (connections.get(address) ?? 0) + 1);
    const at = breaks.get(address);
    return () => {
      const left = (connections.get(address) ?? 0) - 1;
      if (breaks.get(address) !== at) return;
      if (left > 0) connections.set(address, left);
      else connections.delete(address);
    };
  }

  /** All on an address end at once. */
  break(address: string): void {
    this.connections.delete(address);
    this.#breaks.set(address, (this.#breaks.get(address) ?? 0) + 1);
  }

  /** Power loss: nothing is left of either. */
  lose(): void {
    this.#rules.clear();
    for (const address of [...this.connections.keys()]) this.break(address);
  }
}
