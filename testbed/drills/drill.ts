/** What a drill is, and what is measured while it runs. */
import type { ProbeReport } from '../lab/probe-report.ts';
import type { ProbeMode } from '../lab/prober.ts';
import type { Ability, Place } from './place.ts';

/** What clients of one kind felt. */
export interface ClientFelt {
  readonly attempts: number;
  /** Attempts that were not answered well. */
  readonly failed: number;
  /** Established connections that ended without their client's will; 0 for kinds that keep none. */
  readonly broken: number;
  /** Longest time without an answer. */
  readonly longestGapMs: number;
}

/** The numbers a drill yields. Milliseconds, except the counts. */
export interface Measurements {
  /** Longest time in which no new connection was served. */
  readonly outageMs: number;
  /** From the fault to the other edge holding the address; null when it never did. */
  readonly takeoverMs: number | null;
  /** From the fault to the end of the last moment with no or two holders; 0 when there was none. */
  readonly convergedMs: number;
  readonly noHolderMs: number;
  readonly twoHoldersMs: number;
  /** How often the address came to a host after the fault. */
  readonly moves: number;
  /** From the fault to when the last HTTP request that failed was due; 0 when none did. */
  readonly failingMs: number;
  /** By the kind of client; a kind that the stack cannot serve is not there. */
  readonly clients: Readonly<Partial<Record<ProbeMode, ClientFelt>>>;
  /** How late the client was with an attempt of its own, at the worst: a limit of the machine. */
  readonly latenessMs: number;
}

/** A number of the measurement, and what it is promised not to exceed. */
export interface Bound {
  readonly what: string;
  readonly unit: 'ms' | '';
  readonly atMost: number;
  /** Null: it never came to that, which no bound allows. */
  of(measured: Measurements): number | null;
}

/** What became of a {@link Bound}. */
export interface Promised extends Omit<Bound, 'of'> {
  readonly value: number | null;
  readonly kept: boolean;
}

/** What a promise depends on. */
export type Promiser = Pick<Place, 'advertMs' | 'agrees'>;

export interface Drill {
  readonly name: string;
  /** What breaks, in a few words. */
  readonly fault: string;
  /** What a client should feel, in a sentence. */
  readonly expectation: string;
  /** What the place must be able to do besides breaking a host. */
  readonly needs?: readonly Ability[];
  /** True: the address stays where it is, so nobody waits for a takeover. */
  readonly stays?: boolean;
  /** What is promised there; the first one is the drill's own. */
  bounds(pair: Promiser): readonly Bound[];
  /** Brings the pair into the state before the fault. Default: the preferred edge is Active. */
  prepare?(place: Place): Promise<void>;
  /** Breaks it, and may take its time. `active` is the edge that holds the address. */
  inflict(place: Place, active: string): Promise<void>;
  /**
   * What else must hold, judged by who answered for the address: null, or a sentence on what did
   * not. Only where the place can see that, see {@link Place.watchAnswers}.
   */
  judge?(answers: readonly Answer[], scene: Scene): string | null;
  /** Undoes the fault; called after the measurement, and also when something went wrong. */
  repair(place: Place, active: string): Promise<void>;
}

/** A host answered for the address, as the network heard it. CLOCK_MONOTONIC, ms. */
export interface Answer {
  readonly atMs: number;
  readonly host: string;
}

/** Who was Active when the fault came, and the times of it (CLOCK_MONOTONIC, ms). */
export interface Scene {
  readonly active: string;
  readonly advertMs: number;
  readonly faultAtMs: number;
  readonly toMs: number;
}

/** What became of one drill. */
export interface DrillResult {
  readonly name: string;
  readonly fault: string;
  readonly expectation: string;
  readonly place: string;
  readonly stack: string;
  readonly advertMs: number;
  /** Empty when it could not be measured. */
  readonly promises: readonly Promised[];
  /** What {@link Drill.judge} found wrong; null: nothing, or there was no judging. */
  readonly objection: string | null;
  readonly passed: boolean;
  /** Why the drill could not be measured; null when it could. */
  readonly error: string | null;
  readonly measured: Measurements | null;
  /** CLOCK_MONOTONIC, ms, as all times of the timeline. */
  readonly faultAtMs: number;
  readonly timeline: Timeline | null;
}

/** What the picture of a drill is drawn from. */
export interface Timeline {
  readonly fromMs: number;
  readonly toMs: number;
  readonly edges: readonly string[];
  /** Who held the address when; `toMs` is the end of the observation where nothing ended it. */
  readonly holdings: readonly Holding[];
  readonly marks: readonly { readonly atMs: number; readonly text: string }[];
  readonly probes: readonly ProbeReport[];
}

export interface Holding {
  readonly host: string;
  readonly fromMs: number;
  readonly toMs: number;
}
