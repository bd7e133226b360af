import { OsError } from '../../src/os/errors.ts';
import type { LinkState, NetworkEvent } from '../ports.ts';
import type { SimClock } from './sim-clock.ts';
import { SimLease } from './sim-lease.ts';
import { SimRoutes } from './sim-routes.ts';

const ENODEV = 19;
const EPERM = 1;

/** What a kernel works with. */
export interface SimKernelOptions {
  readonly clock: SimClock;
  readonly interface: string;
  /** Its last byte is that of the hardware address. */
  readonly source: Uint8Array;
  /** Time it takes to add or remove an address. */
  readonly addressMicros: number;
  /** Everything that a checker should look at again. */
  onChange(): void;
}

/** The kernel of one host: interface, addresses and leases, which outlive the processes on it. */
export abstract class SimKernel {
  readonly routes = new SimRoutes(() => this.notify({ type: 'routes-changed' }));
  readonly lease: SimLease;
  readonly addresses = new Set<string>();
  /** A firewall that refuses what the agent sends. */
  refuseSends = false;
  /** No permission for raw sockets. */
  refuseSockets = false;
  /** The interface has an address to send from. */
  hasSource = true;
  /** Families in which somebody took that address away. */
  readonly sourceless = new Set<4 | 6>();
  /** Somebody changed an address, and repairing it may take until then. */
  meddledUntil = 0;
  /** It refuses to add addresses. */
  refuseAddresses = false;
  /** It refuses to remove them. */
  refuseRemovals = false;
  readonly #clock: SimClock;
  readonly #interface: string;
  readonly #mac: Uint8Array;
  readonly #addressMicros: number;
  readonly #onChange: () => void;
  /** What a kernel was doing is not done by the next one. */
  #boot = 0;
  #link: LinkState | null;
  #index = 2;
  readonly #tracked = new Map<string, LinkState>();
  /** When an address with a lifetime goes. */
  readonly #expiries = new Map<string, number>();

  constructor(options: SimKernelOptions) {
    this.#clock = options.clock;
    this.#interface = options.interface;
    this.#mac = Uint8Array.of(2, 0, 0, 0, 0, options.source.at(-1)!);
    this.#addressMicros = options.addressMicros;
    this.#onChange = () => options.onChange();
    const name = options.interface;
    this.#link = { name, index: this.#index, mac: this.#mac, running: true };
    this.lease = new SimLease(options.clock, this.#onChange);
  }

  /** Tells the agent process, when it runs. */
  protected abstract notify(event: NetworkEvent): void;

  get linkUp(): boolean {
    return this.#link?.running === true;
  }

  /** An interface as it is; null: there is none of this name. */
  link(name: string): LinkState | null {
    return name === this.#interface ? this.#link : (this.#tracked.get(name) ?? null);
  }

  /** Power loss: nothing of it is left. */
  powerOff(): void {
    this.#boot += 1;
    this.lease.forget();
    this.sweep();
  }

  /** What the supervisor does after an agent's death. */
  sweep(): void {
    this.addresses.clear();
    this.#onChange();
  }

  /**
   * Cable in or out, or the interface deleted; a new one has a new index. Quietly: no event is sent.
   */
  setLink(state: 'up' | 'down' | 'missing', quietly = false): void {
    const name = this.#interface;
    if (this.#link === null) this.#index += 1;
    const running = state === 'up';
    const link = { name, index: this.#index, mac: this.#mac, running };
    this.#link = state === 'missing' ? null : link;
    if (state === 'missing') {
      this.addresses.clear();
      this.lease.forget();
    }
    if (!quietly) this.notify({ type: 'link', interface: name, link: this.#link });
    this.#onChange();
  }

  /** There is, or is not, an address to send from in one family; the agent hears of it. */
  setSource(family: 4 | 6, present: boolean): void {
    if (present) this.sourceless.delete(family);
    else this.sourceless.add(family);
    const type = present ? 'address-added' : 'address-removed';
    this.notify({ type, interface: this.#interface, address: 'source' });
    this.#onChange();
  }

  /** An interface that is only tracked. */
  setTracked(name: string, running: boolean): void {
    const link = { name, index: 9, mac: new Uint8Array(6), running };
    this.#tracked.set(name, link);
    this.notify({ type: 'link', interface: name, link });
  }

  /** Events got lost: the agent is told to look for itself. */
  resync(): void {
    this.notify({ type: 'resync' });
  }

  /** Another program changes an address behind the agent's back. */
  meddle(address: string, present: boolean): void {
    if (present) this.addresses.add(address);
    else this.addresses.delete(address);
    this.#changed(address, present);
    this.#onChange();
  }

  /** Adds an address, after the time that takes; with `validSeconds` it goes by itself. */
  async addAddress(address: string, validSeconds?: number): Promise<void> {
    if (!(await this.#alike())) return;
    if (this.#link === null) throw new OsError('netlink', ENODEV, this.#interface);
    if (this.refuseAddresses) throw new OsError('netlink', EPERM, address);
    this.addresses.add(address);
    this.#live(address, validSeconds);
    this.#onChange();
    this.#changed(address, true);
  }

  /** Removes one, after the time that takes; without the interface it is gone already. */
  async removeAddress(address: string): Promise<void> {
    if (this.refuseRemovals) throw new OsError('netlink', EPERM, address);
    if (!(await this.#alike())) return;
    this.addresses.delete(address);
    this.#onChange();
    this.#changed(address, false);
  }

  /** Lists them, after the time that takes. */
  async listAddresses(): Promise<readonly string[]> {
    await this.#clock.delay(this.#addressMicros);
    return [...this.addresses];
  }

  /** Time passes; false: power was lost meanwhile. */
  async #alike(): Promise<boolean> {
    const boot = this.#boot;
    await this.#clock.delay(this.#addressMicros);
    return boot === this.#boot;
  }

  #changed(address: string, present: boolean): void {
    const type = present ? 'address-added' : 'address-removed';
    this.notify({ type, interface: this.#interface, address });
  }

  /** The kernel drops an address at the end of its lifetime, whoever gave it one. */
  #live(address: string, validSeconds: number | undefined): void {
    if (validSeconds === undefined) {
      this.#expiries.delete(address);
      return;
    }
    const until = this.#clock.now + validSeconds * 1_000_000;
    this.#expiries.set(address, until);
    this.#clock.at(until, () => {
      if (this.#expiries.get(address) !== until) return;
      if (this.addresses.has(address)) this.meddle(address, false);
    });
  }
}
