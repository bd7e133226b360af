import type { Prng } from './prng.ts';
import type { SimClock } from './sim-clock.ts';

/** How well the network behaves. */
export interface LanQuality {
  /** Probability that one receiver does not get a packet. */
  readonly loss: number;
  /** Probability that it gets it twice. */
  readonly duplication: number;
  readonly delayMinMicros: number;
  /** Delays differ, so packets overtake each other. */
  readonly delayMaxMicros: number;
}

/** One packet on its way, as the receiver will see it. */
export interface Frame {
  /** Whose it is: the part of a host that knows it takes it. */
  readonly protocol: 'vrrp' | 'bfd' | 'arp';
  readonly from: number;
  readonly message: Uint8Array;
  readonly source: Uint8Array;
  readonly hopLimit: number;
  /** Absent: for everybody; else for this address. */
  readonly to?: Uint8Array;
}

/** Somebody attached to the network. */
export interface Station {
  receive(frame: Frame): void;
}

const FAMILIES: readonly (4 | 6)[] = [4, 6];

/** Address family of a frame. */
export function familyOfFrame({ source }: Pick<Frame, 'source'>): 4 | 6 {
  return source.length === 4 ? 4 : 6;
}

/** One broadcast domain: loss, delay, duplication, reordering, and cuts that may be one-way. */
export class SimLan {
  readonly #clock: SimClock;
  readonly #prng: Prng;
  readonly #stations: (Station | null)[] = [];
  /** `from/to/family` that carry nothing. */
  readonly #cuts = new Set<string>();
  quality: LanQuality;
  /** A firewall somewhere that lets these through no more. */
  readonly filtered = new Set<Frame['protocol']>();

  constructor(clock: SimClock, prng: Prng, quality: LanQuality) {
    this.#clock = clock;
    this.#prng = prng;
    this.quality = quality;
  }

  /** Attaches a station; its number is its position. */
  attach(station: Station): number {
    return this.#stations.push(station) - 1;
  }

  /** Cuts or mends one direction, of one family or of both. */
  cut(from: number, to: number, cut: boolean, families: readonly (4 | 6)[] = FAMILIES): void {
    for (const family of families) {
      if (cut) this.#cuts.add(`${from}/${to}/${family}`);
      else this.#cuts.delete(`${from}/${to}/${family}`);
    }
  }

  /** Mends everything. */
  heal(): void {
    this.#cuts.clear();
    this.filtered.clear();
  }

  /** True when all packets pass both ways. */
  connected(a: number, b: number): boolean {
    return FAMILIES.every((family) => this.#passes(a, b, family) && this.#passes(b, a, family));
  }

  /** Families whose packets pass both ways. */
  families(a: number, b: number): readonly (4 | 6)[] {
    return FAMILIES.filter((family) => this.#passes(a, b, family) && this.#passes(b, a, family));
  }

  /** True when packets of these families pass in neither direction. */
  separated(a: number, b: number, families: ReadonlySet<4 | 6>): boolean {
    return ![...families].some(
      (family) => this.#passes(a, b, family) || this.#passes(b, a, family),
    );
  }

  #passes(from: number, to: number, family: 4 | 6): boolean {
    // Mostly there are none, and this is asked more often than anything else.
    return this.#cuts.size === 0 || !this.#cuts.has(`${from}/${to}/${family}`);
  }

  /** Everybody else gets it; who it is for is theirs to see. */
  send(frame: Frame): void {
    if (this.filtered.has(frame.protocol)) return;
    this.#stations.forEach((station, to) => {
      if (station === null || to === frame.from) return;
      if (!this.#passes(frame.from, to, familyOfFrame(frame))) return;
      if (this.#prng.chance(this.quality.loss)) return;
      this.#deliver(station, frame);
      if (this.#prng.chance(this.quality.duplication)) this.#deliver(station, frame);
    });
  }

  #deliver(station: Station, frame: Frame): void {
    const { delayMinMicros, delayMaxMicros } = this.quality;
    this.#clock.after(this.#prng.integer(delayMinMicros, delayMaxMicros), () =>
      station.receive(frame),
    );
  }
}
