import { OsError } from '../../src/os/errors.ts';
import type { Lease, LeaseOptions, LeasePort } from '../ports.ts';
import type { SimClock } from './sim-clock.ts';

const ENODEV = 19;
const EPERM = 1;

/**
 * The kernel's lease of one host: outlives the process that armed it, is renewed by advertisements
 * that leave, and while it is expired nothing about the addresses gets out.
 */
export class SimLease {
  readonly #clock: SimClock;
  /** Told when it is armed, ended or has run out. */
  readonly #onChange: () => void;
  /** The kernel refuses what an agent asks for. */
  refused = false;
  #rules: LeaseOptions | null = null;
  #until = 0;

  constructor(clock: SimClock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** True when the host may speak: no rules, or a lease that runs. */
  get speaks(): boolean {
    return this.#rules === null || this.#clock.now < this.#until;
  }

  /** One of our advertisements is on its way out; false: the rules drop it. */
  passes(priority: number): boolean {
    if (!this.speaks) return false;
    if (this.#rules !== null) this.#set(priority === 0 ? 0 : this.#rules.durationMs);
    return true;
  }

  /** Power loss, or the interface is gone: the rules go with it. */
  forget(): void {
    this.#rules = null;
    this.#onChange();
  }

  /** Somebody ends it without a word. */
  expire(): void {
    this.#set(0);
  }

  /** Somebody flushes the ruleset; the agent is told and finds it put back, expired. */
  flush(): void {
    const rules = this.#rules;
    if (rules === null) return;
    this.#set(0);
    rules.onLost('rules');
  }

  /** What an agent process gets; `alive` is false once that process is gone. */
  port(alive: () => boolean, interfaceExists: () => boolean): LeasePort {
    return {
      open: (options) => {
        if (this.refused) throw new OsError('nft', EPERM, 'add table');
        if (!interfaceExists()) throw new OsError('if_nametoindex', ENODEV, options.interface);
        this.#rules = {
          ...options,
          onLost: (cause) => {
            if (alive()) options.onLost(cause);
          },
        };
        this.#set(0);
        return this.#lease(options, alive);
      },
      sweep: () => {},
      close: () => {
        if (alive()) this.forget();
      },
    };
  }

  #lease(options: LeaseOptions, alive: () => boolean): Lease {
    return {
      arm: () => {
        if (this.refused) throw new OsError('nft', EPERM, 'add element');
        if (alive()) this.#set(options.durationMs);
      },
      end: () => {
        if (alive()) this.#set(0);
      },
      isArmed: () => this.speaks,
      close: () => {
        if (alive()) this.forget();
      },
    };
  }

  #set(durationMs: number): void {
    this.#until = this.#clock.now + durationMs * 1000;
    this.#onChange();
    if (durationMs > 0) this.#clock.at(this.#until, this.#onChange);
  }
}
