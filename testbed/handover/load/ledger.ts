/** What one kind of clients experienced, written down as it happens. Pure. */
import { limits } from './limits.ts';
import type { Pauses } from './pauses.ts';
import type { LoadKind } from './plan.ts';

/** `ended`: the other side said that it would close, and did. `wrong`: other bytes than were due. */
export type IncidentType = 'failed' | 'broken' | 'ended' | 'wrong';

/** Something that went wrong. CLOCK_MONOTONIC, ms. */
export interface Incident {
  readonly atMs: number;
  readonly type: IncidentType;
  readonly what: string;
}

/** A stretch of time that is looked at by itself; CLOCK_MONOTONIC, ms. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What clients felt in a window: how long an exchange took, from the asking to the answer. */
export interface Stalls {
  readonly exchanges: number;
  readonly medianMs: number;
  /** The longest one, less the pauses of who measured (pauses.ts). */
  readonly longestMs: number;
  /** When that one ended; 0 when there was none. */
  readonly longestAtMs: number;
  /** How long such pauses were during it. */
  readonly pausedMs: number;
  /** The longest one, pauses and all. */
  readonly wholeLongestMs: number;
}

const NO_STALLS: Stalls = {
  exchanges: 0,
  medianMs: 0,
  longestMs: 0,
  longestAtMs: 0,
  pausedMs: 0,
  wholeLongestMs: 0,
};

/** A finished transfer. */
export interface Transfer {
  readonly bytes: number;
  readonly seconds: number;
  /** CLOCK_MONOTONIC, ms. */
  readonly endedAtMs: number;
  /** CRC-32 of what was sent and of what arrived. */
  readonly sent: number;
  readonly arrived: number;
}

export interface KindReport {
  readonly kind: LoadKind;
  /** Connections made, those that replace others included. */
  readonly opened: number;
  readonly exchanges: number;
  readonly counts: Readonly<Record<IncidentType, number>>;
  /** The first {@link limits.incidentsMax} of them. */
  readonly incidents: readonly Incident[];
  readonly windows: Readonly<Record<string, Stalls>>;
  readonly transfers: readonly Transfer[];
}

/** The book of one kind. */
export class Ledger {
  readonly kind: LoadKind;
  readonly #counts: Record<IncidentType, number> = { failed: 0, broken: 0, ended: 0, wrong: 0 };
  readonly #incidents: Incident[] = [];
  readonly #transfers: Transfer[] = [];
  readonly #beganMs: number[] = [];
  readonly #endedMs: number[] = [];
  #opened = 0;
  #exchanges = 0;

  constructor(kind: LoadKind) {
    this.kind = kind;
  }

  opened(): void {
    this.#opened += 1;
  }

  /** An answer came. */
  exchange(beganMs: number, endedMs: number): void {
    this.#exchanges += 1;
    if (this.#endedMs.length >= limits.samplesMax) return;
    this.#beganMs.push(beganMs);
    this.#endedMs.push(endedMs);
  }

  incident(type: IncidentType, atMs: number, what: string): void {
    this.#counts[type] += 1;
    if (this.#incidents.length < limits.incidentsMax) this.#incidents.push({ type, atMs, what });
  }

  transfer(transfer: Transfer): void {
    this.#transfers.push(transfer);
  }

  report(windows: Readonly<Record<string, Window>>, pauses: Pauses): KindReport {
    const stalls = Object.entries(windows).map(([name, window]) => [
      name,
      this.#stalls(window, pauses),
    ]);
    return {
      kind: this.kind,
      opened: this.#opened,
      exchanges: this.#exchanges,
      counts: { ...this.#counts },
      incidents: this.#incidents,
      windows: Object.fromEntries(stalls),
      transfers: this.#transfers,
    };
  }

  /** Of the exchanges that ended in the window. */
  #stalls({ fromMs, toMs }: Window, pauses: Pauses): Stalls {
    const lengths: number[] = [];
    let stalls = NO_STALLS;
    this.#endedMs.forEach((endedMs, index) => {
      if (endedMs < fromMs || endedMs > toMs) return;
      const beganMs = this.#beganMs[index]!;
      const wholeMs = endedMs - beganMs;
      lengths.push(wholeMs);
      if (wholeMs <= stalls.longestMs) return;
      const wholeLongestMs = Math.max(stalls.wholeLongestMs, wholeMs);
      const pausedMs = pauses.within(beganMs, endedMs);
      const longestMs = wholeMs - pausedMs;
      const longest = { longestMs, longestAtMs: endedMs, pausedMs };
      stalls = { ...stalls, wholeLongestMs, ...(longestMs > stalls.longestMs ? longest : {}) };
    });
    lengths.sort((left, right) => left - right);
    const medianMs = lengths[Math.floor((lengths.length - 1) / 2)] ?? 0;
    return { ...stalls, exchanges: lengths.length, medianMs };
  }
}
