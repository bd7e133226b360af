import { OsError } from '../../src/os/errors.ts';
import type { Lease, LeaseOptions, LeasePort, LeaseTerms } from '../ports.ts';
import type { SimClock } from './sim-clock.ts';

const ENODEV = 19;
const EPERM = 1;
/** Any but 0: what a renewal stands for. */
const UNICAST_PRIORITY = 1;

/** Whose lease: a virtual router of one family. */
export type LeaseOwner = Pick<LeaseOptions, 'family' | 'vrid'>;

interface Record {
  options: LeaseOptions;
  until: number;
  /** When the drain is over. */
  drainsUntil: number;
  /** Of BFD: how long a packet that says Up speaks, and until when; null: BFD does not count. */
  watch: { readonly durationMicros: number; until: number } | null;
}

/**
 * The leases in one host's kernel: they outlive the process that armed them, are renewed by
 * advertisements that leave, and while one is expired nothing about its addresses gets out.
 */
export class SimLease {
  readonly #clock: SimClock;
  /** Told when one is armed, ended or has run out. */
  readonly #onChange: () => void;
  /** The kernel refuses what an agent asks for. */
  refused = false;
  readonly #records = new Map<string, Record>();

  constructor(clock: SimClock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** True when the host may speak for everything: no rules, or leases that run. */
  get speaks(): boolean {
    return [...this.#records.values()].every((record) => this.#runs(record));
  }

  /** True when the host may speak for this router. */
  speaksFor(owner: LeaseOwner): boolean {
    return this.#runs(this.#records.get(key(owner)));
  }

  /** True when the host may speak for this address. */
  speaksOf(address: string): boolean {
    return [...this.#records.values()].every(
      (record) =>
        this.#runs(record) || record.options.addresses.every((own) => own.address !== address),
    );
  }

  /** True when IP packets of this address pass: where the host may speak of it, and while it drains. */
  passesIp(address: string): boolean {
    return [...this.#records.values()].every(
      (record) =>
        this.#runs(record) ||
        this.#clock.now < record.drainsUntil ||
        record.options.addresses.every((own) => own.address !== address),
    );
  }

  /** An advertisement of the router is on its way out; false: the rules drop it. */
  passes(owner: LeaseOwner, priority: number): boolean {
    if (!this.speaksFor(owner)) return false;
    const record = this.#records.get(key(owner));
    if (record !== undefined) this.#set(record, priority === 0 ? 0 : record.options.durationMs);
    return true;
  }

  /** A BFD packet that says Up leaves. */
  bfdLeaves(): void {
    for (const { watch } of this.#records.values()) {
      if (watch !== null && this.#clock.now < watch.until) this.#renew(watch);
    }
  }

  /** Power loss, or the interface is gone: the rules go with it. */
  forget(): void {
    this.#records.clear();
    this.#onChange();
  }

  /** Somebody ends them without a word. */
  expire(): void {
    for (const record of this.#records.values()) this.#set(record, 0);
  }

  /** Somebody flushes the ruleset; the agent is told and finds it put back, expired. */
  flush(): void {
    const records = [...this.#records.values()];
    for (const record of records) this.#set(record, 0);
    for (const { options } of records) options.onLost('rules');
  }

  /** What an agent process gets; `alive` is false once that process is gone. */
  port(alive: () => boolean, interfaceExists: () => boolean): LeasePort {
    return {
      open: (options) => {
        if (this.refused) throw new OsError('nft', EPERM, 'add table');
        if (!interfaceExists()) throw new OsError('if_nametoindex', ENODEV, options.interface);
        const record: Record = {
          options: {
            ...options,
            onLost: (cause) => {
              if (alive()) options.onLost(cause);
            },
          },
          until: 0,
          drainsUntil: 0,
          watch: null,
        };
        this.#records.set(key(options), record);
        this.#set(record, 0);
        return this.#lease(options, alive);
      },
      runs: (owner) => this.#records.has(key(owner)) && this.speaksFor(owner),
      sweep: () => {},
      close: () => {
        if (alive()) this.forget();
      },
    };
  }

  #lease(options: LeaseOptions, alive: () => boolean): Lease {
    const set = (durationMs: number) => {
      const record = this.#records.get(key(options));
      if (alive() && record !== undefined) this.#set(record, durationMs);
    };
    return {
      arm: () => {
        if (this.refused) throw new OsError('nft', EPERM, 'add element');
        const watch = this.#records.get(key(options))?.watch ?? null;
        if (alive() && watch !== null) this.#renew(watch);
        set(this.#records.get(key(options))?.options.durationMs ?? 0);
      },
      watch: (pace) => {
        const record = this.#records.get(key(options));
        if (!alive() || record === undefined) return false;
        record.watch = pace && { durationMicros: Math.floor(pace.detectionMs) * 1000, until: 0 };
        if (record.watch !== null) this.#renew(record.watch);
        this.#onChange();
        return pace !== null;
      },
      revise: (terms) => this.#revise(options, terms, alive),
      end: () => set(0),
      renew: () => {
        if (alive()) this.passes(options, UNICAST_PRIORITY);
      },
      isArmed: () => this.speaksFor(options),
      drain: (durationMs) => {
        if (this.refused) throw new OsError('nft', EPERM, 'add element');
        this.#drain(options, this.#clock.now + durationMs * 1000, alive);
      },
      endDrain: () => this.#drain(options, 0, alive),
      leave: () => {},
      close: () => {
        if (alive() && this.#records.delete(key(options))) this.#onChange();
      },
    };
  }

  #drain(owner: LeaseOwner, until: number, alive: () => boolean): void {
    const record = this.#records.get(key(owner));
    if (!alive() || record === undefined) return;
    record.drainsUntil = until;
    this.#onChange();
    if (until > this.#clock.now) this.#clock.at(until, this.#onChange);
  }

  #revise(owner: LeaseOwner, terms: LeaseTerms, alive: () => boolean): void {
    const record = this.#records.get(key(owner));
    if (!alive() || record === undefined) return;
    if (this.refused) throw new OsError('nft', EPERM, 'add rule');
    const { bfdPeer, ...options } = record.options;
    // BFD counts from now on, or no longer: until it says so itself, it does not.
    if (bfdPeer !== terms.bfdPeer) record.watch = null;
    record.options = { ...options, ...terms };
    this.#onChange();
  }

  #runs(record: Record | undefined): boolean {
    if (record === undefined) return true;
    const { now } = this.#clock;
    return now < record.until && (record.watch === null || now < record.watch.until);
  }

  #renew(watch: NonNullable<Record['watch']>): void {
    watch.until = this.#clock.now + watch.durationMicros;
    this.#clock.at(watch.until, this.#onChange);
  }

  #set(record: Record, durationMs: number): void {
    record.until = this.#clock.now + durationMs * 1000;
    this.#onChange();
    if (durationMs > 0) this.#clock.at(record.until, this.#onChange);
  }
}

function key({ family, vrid }: LeaseOwner): string {
  return `${family}/${vrid}`;
}
