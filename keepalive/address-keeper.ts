import type { VirtualAddress, VirtualRouterConfig } from '../src/config/agent-config.ts';
import { addressQuietMicros, addressRepairMicros } from './limits.ts';
import type { LogLimiter } from './log-limiter.ts';
import type { Clock, Logger, NetworkPort, Timer } from './ports.ts';
import type { RouterStatistics } from './statistics.ts';
import { ownerPriority } from './virtual-router/priority.ts';

/** What the keeper works with. */
export interface KeeperOptions {
  readonly config: VirtualRouterConfig;
  readonly network: NetworkPort;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  readonly statistics: RouterStatistics;
  /** All addresses are on the interface, after `hold` or after a repair. */
  onHeld(): void;
  /** Somebody took addresses away, and they are back: neighbours may have noticed. */
  onRepaired(): void;
  /** The kernel refuses an address that should be held. */
  onRefused(reason: string): void;
}

/**
 * Keeps the addresses of one virtual router where the state machine wants them: on the interface
 * while Active, off it otherwise.
 *
 * There is a wish (`hold` or `release`) and one worker that brings the kernel there, so that a
 * claim and a release in quick succession can never overtake each other on the way. Somebody else's
 * change (a network manager that tidies up, a person) is undone, at once the first time and then
 * with growing waits, because a fight with another program must not become a busy loop.
 */
export class AddressKeeper {
  readonly #options: KeeperOptions;
  #wanted: 'present' | 'absent' = 'absent';
  /** The wish is new: every address has to be touched, and none of it is anybody's meddling. */
  #changeWanted = false;
  /** The kernel may not match a wish that was fulfilled before. */
  #checkWanted = false;
  /** The kernel was brought to the wish. */
  #fulfilled = false;
  #worker: Promise<void> | null = null;
  #timer: Timer | null = null;
  #repairs = 0;
  #lastRepairAt = Number.NEGATIVE_INFINITY;
  #closed = false;
  /** An owner's addresses that were there before us are the host's own and never removed. */
  #hostsOwn: ReadonlySet<string> = new Set();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** True while all addresses are wanted and known to be on the interface. */
  get held(): boolean {
    return this.#wanted === 'present' && this.#fulfilled;
  }

  /** True while the addresses are wanted on the interface. */
  get wanted(): boolean {
    return this.#wanted === 'present';
  }

  /**
   * At start, before any claim: an address left behind by an agent that was killed is removed. An
   * owner's addresses stay.
   */
  async sweep(): Promise<void> {
    const { config, network, log } = this.#options;
    if (config.priority === ownerPriority) {
      try {
        this.#hostsOwn = new Set(await network.addresses(config.interface));
      } catch (error) {
        log.warn({ err: error }, `cannot list the addresses of ${config.interface}`);
      }
      return;
    }
    this.#checkWanted = true;
    await this.#work();
  }

  /** Wants the addresses on the interface. `onHeld` is called when they are. */
  hold(): void {
    this.#want('present');
  }

  /** Wants them off it. */
  release(): void {
    this.#want('absent');
  }

  #want(wanted: 'present' | 'absent'): void {
    this.#wanted = wanted;
    this.#changeWanted = true;
    this.#fulfilled = false;
    this.#timer?.cancel();
    this.#timer = null;
    this.#work();
  }

  /** Somebody changed this address, or changes may have been missed (`null`): look. */
  changed(address: string | null, change: 'added' | 'removed' | 'unknown'): void {
    const { config } = this.#options;
    if (address !== null && !config.addresses.some((own) => own.address === address)) return;
    if (change === 'added' && this.#wanted === 'present') return;
    if (change === 'removed' && this.#wanted === 'absent') return;
    if (this.#closed || this.#timer !== null) return;
    this.#after(this.#repairDelay(), () => {
      this.#checkWanted = true;
      this.#work();
    });
  }

  /** Resolves when the kernel matches the wish, or cannot be brought there. */
  async settle(): Promise<void> {
    while (this.#worker !== null) await this.#worker;
  }

  /** Stops repairing. Call after the last `release` and `settle`. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #repairDelay(): number {
    const now = this.#options.clock.now();
    if (now - this.#lastRepairAt > addressQuietMicros) this.#repairs = 0;
    const last = addressRepairMicros.length - 1;
    return addressRepairMicros[Math.min(this.#repairs, last)] ?? 0;
  }

  #after(micros: number, run: () => void): void {
    if (this.#closed) return;
    if (micros === 0) {
      run();
      return;
    }
    const { clock } = this.#options;
    this.#timer = clock.timer(clock.now() + micros, () => {
      this.#timer = null;
      run();
    });
  }

  #work(): Promise<void> {
    this.#worker ??= this.#run().finally(() => {
      this.#worker = null;
    });
    return this.#worker;
  }

  /**
   * One worker; a wish that changes meanwhile is served by its next round. Looking for somebody
   * else's changes comes after every change of ours, which would look like one.
   */
  async #run(): Promise<void> {
    while (this.#changeWanted || this.#checkWanted) {
      const wanted = this.#wanted;
      const checking = !this.#changeWanted;
      if (checking) this.#checkWanted = false;
      this.#changeWanted = false;
      const repaired = this.#options.statistics.addressesRepaired;
      const failure = await this.#pass(wanted, checking);
      if (this.#changeWanted) continue;
      if (failure !== null) {
        this.#failed(wanted, failure);
        return;
      }
      this.#fulfilled = true;
      if (wanted === 'absent') continue;
      this.#options.onHeld();
      if (this.#options.statistics.addressesRepaired > repaired) this.#options.onRepaired();
    }
  }

  /** Brings every address to the wish, or, checking, those that are not there. */
  async #pass(wanted: 'present' | 'absent', checking: boolean): Promise<Error | null> {
    const { config, network, statistics } = this.#options;
    try {
      const targets = checking ? await this.#wrong(wanted) : config.addresses;
      const results = await Promise.allSettled(
        targets.map((address) =>
          wanted === 'present'
            ? network.addAddress(config.interface, address)
            : this.#drop(address),
        ),
      );
      const failures = results.filter((result) => result.status === 'rejected');
      statistics.addressErrors += failures.length;
      return failures.length === 0 ? null : asError(failures[0]?.reason);
    } catch (error) {
      statistics.addressErrors += 1;
      return asError(error);
    }
  }

  async #drop(address: VirtualAddress): Promise<void> {
    const { config, network } = this.#options;
    if (this.#hostsOwn.has(address.address)) return;
    // With the interface its addresses are gone too.
    if (network.link(config.interface) === null) return;
    await network.removeAddress(config.interface, address);
  }

  /** The addresses that are not as wanted, each logged and counted as somebody else's doing. */
  async #wrong(wanted: 'present' | 'absent'): Promise<readonly VirtualAddress[]> {
    const { config, network, clock, log, statistics } = this.#options;
    if (network.link(config.interface) === null) return [];
    const found = new Set(await network.addresses(config.interface));
    if (this.#wanted !== wanted) return [];
    const wrong = config.addresses.filter(
      ({ address }) =>
        found.has(address) !== (wanted === 'present') && !this.#hostsOwn.has(address),
    );
    if (wrong.length === 0) return wrong;
    this.#repairs += 1;
    this.#lastRepairAt = clock.now();
    statistics.addressesRepaired += wrong.length;
    const list = wrong.map(({ address }) => address).join(', ');
    const text =
      wanted === 'present'
        ? `somebody removed ${list} from ${config.interface} while Active: putting it back`
        : `${list} is on ${config.interface} while not Active: removing it`;
    log.warn({ router: config.name, interface: config.interface, addresses: list }, text);
    return wrong;
  }

  #failed(wanted: 'present' | 'absent', error: Error): void {
    const { config, log, limiter } = this.#options;
    const verb = wanted === 'present' ? 'add' : 'remove';
    limiter.limit(`${config.name} ${verb}`, (suppressed) =>
      log.error(
        { router: config.name, interface: config.interface, err: error, suppressed },
        `cannot ${verb} the addresses of ${config.name}: ${error.message}`,
      ),
    );
    if (wanted === 'present') this.#options.onRefused(error.message);
    this.#repairs += 1;
    this.#lastRepairAt = this.#options.clock.now();
    this.#after(Math.max(this.#repairDelay(), addressRepairMicros[1]), () => {
      this.#changeWanted = true;
      this.#work();
    });
  }
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
