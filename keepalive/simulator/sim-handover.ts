import { formatIp } from '../../src/os/ip-address.ts';
import type { SecondChanceOptions } from '../handover/handover-ports.ts';
import type { AgentPorts } from '../ports.ts';
import type { HostPart, SimProcess } from './host-part.ts';
import type { SimClock } from './sim-clock.ts';

/** What a kernel takes to count. */
const COUNT_MICROS = 200;

/** What a host's kernel has of agreed handovers: rules that pass packets on, and connections. */
export class SimHandover implements HostPart {
  readonly #clock: SimClock;
  /** Connections that clients have on an address, whether or not it is here; absent: none. */
  readonly connections = new Map<string, number>();
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

  ports({ alive }: SimProcess): Pick<AgentPorts, 'secondChances' | 'census'> {
    return {
      secondChances: {
        open: (options) => {
          const key = `${options.family}/${options.vrid}`;
          this.#rules.set(key, options);
          return {
            counters: () => ({ packets: 0, bytes: 0 }),
            close: () => {
              if (alive() && this.#rules.get(key) === options) this.#rules.delete(key);
            },
          };
        },
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
        close: () => {},
      },
    };
  }

  /** Power loss: nothing is left of either. */
  lose(): void {
    this.#rules.clear();
    this.connections.clear();
  }
}
