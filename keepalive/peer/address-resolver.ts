import { parseIp } from '../../src/os/ip-address.ts';
import { formatMac } from '../duplicates/mac.ts';
import { resolveMicros, resolvesMax } from '../limits.ts';
import type { Clock, NetworkPort } from '../ports.ts';
import type { ResolvedAddress } from './peer-port.ts';

/** What the resolver asks about. */
export interface Resolving {
  readonly interface: string;
  /** Canonical text. */
  readonly addresses: readonly string[];
  /** Virtual addresses, never the sender of a question. */
  readonly never: readonly string[];
}

/**
 * Asks the LAN, as any neighbour would, at which hardware addresses some addresses are: ARP, or
 * neighbour solicitation, from this host's own address.
 */
export class AddressResolver {
  readonly #clock: Clock;
  readonly #network: NetworkPort;
  #running = 0;

  constructor(clock: Clock, network: NetworkPort) {
    this.#clock = clock;
    this.#network = network;
  }

  /** Calls back once, after the time that answers are given; null: nobody can ask here. */
  resolve(
    { interface: name, addresses, never }: Resolving,
    onResolved: (resolved: readonly ResolvedAddress[] | null) => void,
  ): void {
    const targets = addresses.flatMap((address) => parseIp(address) ?? []);
    const macs = new Map(addresses.map((address) => [address, new Set<string>()] as const));
    if (this.#running >= resolvesMax || this.#network.openClaimWatch === undefined) {
      onResolved(null);
      return;
    }
    try {
      const watch = this.#network.openClaimWatch({
        interface: name,
        addresses: targets,
        never,
        onClaim: (mac, ip) => {
          const at = targets.findIndex((target) => Buffer.compare(target, ip) === 0);
          macs.get(addresses[at] ?? '')?.add(formatMac(mac));
        },
      });
      this.#running += 1;
      for (const target of targets) watch.ask(target);
      this.#clock.timer(this.#clock.now() + resolveMicros, () => {
        this.#running -= 1;
        watch.readQueued();
        watch.close();
        onResolved(
          [...macs].map(([address, found]) => ({ address, macs: [...found].slice(0, 4) })),
        );
      });
    } catch {
      // No interface, or no address to ask from: then nobody can say.
      onResolved(null);
    }
  }
}
