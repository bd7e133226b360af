import type { VirtualAddress, VirtualRouterConfig } from '../src/config/agent-config.ts';
import type { EventSink } from './events/event-types.ts';
import { addressQuietMicros, addressRenewMicros, addressRepairMicros } from './limits.ts';
import type { LogLimiter } from './log-limiter.ts';
import type { Clock, Logger, NetworkPort, Timer } from './ports.ts';
import type { RouterStatistics } from './statistics.ts';
import { ownerPriority } from './virtual-router/priority.ts';

/** What the keeper works with. */
export interface KeeperOptions {
  /** As it is now. */
  readonly config: VirtualRouterConfig;
  readonly network: NetworkPort;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  readonly emit: EventSink;
  readonly statistics: RouterStatistics;
  /**
   * Seconds after which the kernel drops an address that was not renewed; null: never. Asked at
   * each claim.
   */
  lifetimeSeconds(): number | null;
  /** All addresses are on the interface, after `hold` or after a repair. */
  onHeld(): void;
  /** Somebody took addresses away, and they are back: neighbours may have noticed. */
  onRepaired(): void;
  /** The kernel refuses an address that should be held. */
  onRefused(reason: string): void;
  /** Addresses that the router gave up are off the interface. */
  onRetired(): void;
}

type Wish = 'present' | 'absent';

/**
 * What there is to do, the first before the others: take off what the router gave up; bring every
 * address to a new wish; look for somebody else's changes; give the addresses another lifetime.
 */
const TASKS = ['retire', 'change', 'check', 'renew'] as const;
type Task = (typeof TASKS)[number];

/**
 * Keeps the addresses of one virtual router where the state machine wants them: on the interface
 * while Active, off it otherwise.
 *
 * There is a wish (`hold` or `release`) and one worker that brings the kernel there, so that a
 * claim and a release in quick succession can never overtake each other on the way. Somebody else's
 * change (a network manager that tidies up, a person) is undone, at once the first time and then
 * with growing waits, because a fight with another program must not become a busy loop.
 *
 * With a lifetime the addresses are renewed while they are held, so that those of a process which
 * does not run any more go away by themselves.
 */
export class AddressKeeper {
  readonly #options: KeeperOptions;
  #wanted: Wish = 'absent';
  readonly #todo = new Set<Task>();
  /** Given up by a new configuration, and not known to be off the interface. */
  #retired: readonly VirtualAddress[] = [];
  /** The kernel was brought to the wish. */
  #fulfilled = false;
  #worker: Promise<void> | null = null;
  #timer: Timer | null = null;
  #renewal: Timer | null = null;
  #retirement: Timer | null = null;
  #lifetime: number | null = null;
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

  /** True while all addresses are unwanted and known to be off the interface. */
  get gone(): boolean {
    return this.#wanted === 'absent' && this.#fulfilled && this.#retired.length === 0;
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
    this.#add('check');
    await this.settle();
  }

  /** Wants the addresses on the interface. `onHeld` is called when they are. */
  hold(): void {
    this.#lifetime = this.#options.lifetimeSeconds();
    this.#want('present');
  }

  /** Wants them off it. */
  release(): void {
    this.#want('absent');
  }

  /** The configuration has another list of addresses; `retired` are to go, whatever the wish. */
  readdress(retired: readonly VirtualAddress[]): void {
    const { addresses } = this.#options.config;
    this.#retired = [...this.#retired, ...retired].filter(
      (old) => !addresses.some((own) => sameAddress(own, old)),
    );
    this.#add('retire');
    this.#want(this.#wanted);
  }

  /** Given up, and not known to be off the interface. */
  get retired(): readonly VirtualAddress[] {
    return this.#retired;
  }

  #want(wanted: Wish): void {
    this.#wanted = wanted;
    this.#fulfilled = false;
    this.#timer?.cancel();
    this.#timer = null;
    this.#renewal?.cancel();
    this.#renewal = null;
    this.#add('change');
  }

  /** Somebody changed this address, or changes may have been missed (`null`): look. */
  changed(address: string | null, change: 'added' | 'removed' | 'unknown'): void {
    const { config } = this.#options;
    if (address !== null && !config.addresses.some((own) => own.address === address)) return;
    if (change === 'added' && this.#wanted === 'present') return;
    if (change === 'removed' && this.#wanted === 'absent') return;
    if (this.#closed || this.#timer !== null) return;
    this.#after(this.#repairDelay(), () => this.#add('check'));
  }

  /** Resolves when the kernel matches the wish, or cannot be brought there. */
  async settle(): Promise<void> {
    while (this.#worker !== null) await this.#worker;
  }

  /** Stops repairing. Call after the last `release` and `settle`. */
  close(): void {
    this.#closed = true;
    this.#retirement?.cancel();
    this.#retirement = null;
    this.#timer?.cancel();
    this.#timer = null;
    this.#renewal?.cancel();
    this.#renewal = null;
  }

  #repairDelay(): number {
    const now = this.#options.clock.now();
    if (now - this.#lastRepairAt > addressQuietMicros) this.#repairs = 0;
    const last = addressRepairMicros.length - 1;
    return addressRepairMicros[Math.min(this.#repairs, last)] ?? 0;
  }

  #after(micros: number, run: () => void): void {
    this.#timer?.cancel();
    this.#timer = null;
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

  #work(): void {
    this.#worker ??= this.#run();
  }

  /**
   * One worker; a wish that changes meanwhile is served by its next round. Looking for somebody
   * else's changes comes after every change of ours, which would look like one.
   */
  async #run(): Promise<void> {
    try {
      for (let task = this.#next(); task !== null; task = this.#next()) {
        if (task === 'retire') {
          await this.#retire();
          continue;
        }
        const wanted = this.#wanted;
        const { statistics } = this.#options;
        const repaired = statistics.addressesRepaired;
        const failure = await this.#pass(wanted, task);
        if (this.#todo.has('change')) continue;
        if (failure !== null) {
          this.#failed(wanted, failure);
          continue;
        }
        this.#fulfilled = true;
        if (wanted === 'absent') continue;
        this.#renewLater();
        this.#options.onHeld();
        if (statistics.addressesRepaired > repaired) this.#options.onRepaired();
      }
    } finally {
      // Before anybody can ask for work again and be given the worker that has just ended.
      this.#worker = null;
    }
  }

  #next(): Task | null {
    for (const task of TASKS) if (this.#todo.delete(task)) return task;
    return null;
  }

  #add(task: Task): void {
    if (this.#closed) return;
    this.#todo.add(task);
    this.#work();
  }

  #renewLater(): void {
    if (this.#lifetime === null || this.#renewal !== null || this.#closed) return;
    const { clock } = this.#options;
    this.#renewal = clock.timer(clock.now() + addressRenewMicros, () => {
      this.#renewal = null;
      this.#add('renew');
    });
  }

  /** Does one task; the first of its errors is returned. */
  async #pass(wanted: Wish, task: Task): Promise<Error | null> {
    const { config, network, statistics } = this.#options;
    try {
      const targets = task === 'change' ? config.addresses : await this.#targets(wanted, task);
      const results = await Promise.allSettled(
        targets.map((address) =>
          wanted === 'present'
            ? network.addAddress(config.interface, address, this.#lifetime ?? undefined)
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

  async #retire(): Promise<void> {
    const retired = this.#retired;
    const results = await Promise.allSettled(retired.map((address) => this.#drop(address)));
    const stuck = retired.filter((_, at) => results[at]?.status === 'rejected');
    this.#retired = [...stuck, ...this.#retired.filter((address) => !retired.includes(address))];
    if (stuck.length === 0) this.#options.onRetired();
    else {
      this.#options.statistics.addressErrors += stuck.length;
      const failure = results.find((result) => result.status === 'rejected');
      this.#cannot('remove', asError(failure?.reason));
      // After what the wish makes of the rest, whose own attempts may wait longer.
      this.#retireLater();
    }
  }

  #retireLater(): void {
    const { clock } = this.#options;
    this.#retirement?.cancel();
    this.#retirement = clock.timer(clock.now() + addressRepairMicros[3], () => {
      this.#retirement = null;
      this.#add('retire');
    });
  }

  async #drop(address: VirtualAddress): Promise<void> {
    const { config, network } = this.#options;
    if (this.#hostsOwn.has(address.address)) return;
    // With the interface its addresses are gone too.
    if (network.link(config.interface) === null) return;
    await network.removeAddress(config.interface, address);
  }

  /**
   * What a look at the interface leaves to do: the addresses that are not as wished, and for a
   * renewal those that are. While a repair waits for its time, a renewal does not come before it.
   */
  async #targets(wanted: Wish, task: Task): Promise<readonly VirtualAddress[]> {
    const { config, network } = this.#options;
    if (network.link(config.interface) === null) return [];
    const found = new Set(await network.addresses(config.interface));
    if (this.#wanted !== wanted) return [];
    const own = config.addresses.filter(({ address }) => !this.#hostsOwn.has(address));
    const right = own.filter(({ address }) => found.has(address) === (wanted === 'present'));
    const wrong = own.filter((address) => !right.includes(address));
    if (task === 'renew' && this.#timer !== null) return right;
    if (wrong.length > 0) this.#meddled(wanted, wrong);
    return task === 'renew' ? own : wrong;
  }

  /** Somebody else changed them: counted, said, and repaired more slowly each time. */
  #meddled(wanted: Wish, wrong: readonly VirtualAddress[]): void {
    const { config, clock, log, emit, statistics } = this.#options;
    this.#repairs += 1;
    this.#lastRepairAt = clock.now();
    statistics.addressesRepaired += wrong.length;
    const addresses = wrong.map(({ address }) => address);
    emit({
      type: 'addresses-meddled',
      router: config.name,
      interface: config.interface,
      addresses,
      change: wanted === 'present' ? 'removed' : 'added',
    });
    const list = addresses.join(', ');
    const text =
      wanted === 'present'
        ? `somebody removed ${list} from ${config.interface} while Active: putting it back`
        : `${list} is on ${config.interface} while not Active: removing it`;
    log.warn({ router: config.name, interface: config.interface, addresses: list }, text);
  }

  #cannot(verb: 'add' | 'remove', error: Error): void {
    const { config, log, limiter } = this.#options;
    limiter.limit(`${config.name} ${verb}`, (suppressed) =>
      log.error(
        { router: config.name, interface: config.interface, err: error, suppressed },
        `cannot ${verb} the addresses of ${config.name}: ${error.message}`,
      ),
    );
  }

  #failed(wanted: Wish, error: Error): void {
    this.#cannot(wanted === 'present' ? 'add' : 'remove', error);
    this.#repairs += 1;
    this.#lastRepairAt = this.#options.clock.now();
    this.#after(Math.max(this.#repairDelay(), addressRepairMicros[1]), () => this.#add('change'));
    // Last, because it may end in another wish, which takes the place of the attempt planned above.
    if (wanted === 'present') this.#options.onRefused(error.message);
  }
}

function sameAddress(a: VirtualAddress, b: VirtualAddress): boolean {
  return a.address === b.address && a.prefixLength === b.prefixLength;
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
