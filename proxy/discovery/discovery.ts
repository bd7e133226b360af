/**
 * Keeps what the names of all upstreams stand for, on the main thread:
 *
 *     name due ─► Lookup.ask ─► stepName (pure) ─► other addresses? ─► onChange, several names at once
 *        ▲                          │
 *        └──────── nextAt ──────────┘
 *
 * A name that is used by several upstreams is asked for once.
 */
import type { Clock, Timer } from '../health/clock.ts';
import type { Logger } from '../ports.ts';
import { type Absence, type LookupFault, type Question, questionText } from './answer.ts';
import { DiscoveryLog, foundText, PROBLEM_TEXT } from './discovery-log.ts';
import { COALESCE_MS, FIRST_ROUND_MAX_MS, LOOKUPS_CONCURRENT_MAX } from './limits.ts';
import type { Lookup } from './lookup.ts';
import {
  type FoundAddress,
  type NameBounds,
  type NameState,
  stepName,
  unresolvedName,
} from './name-state.ts';

/** What a discovery is made of. */
export interface DiscoveryPorts {
  readonly lookup: Lookup;
  readonly clock: Clock;
  readonly log: Logger;
  /** Some names stand for other addresses than before. */
  readonly onChange: () => void;
}

/** A name as status and metrics show it. Times are wall clock, ms since 1970. */
export interface NameStatus {
  /** `origin.example.com`, or `SRV _http._tcp.example.com`. */
  readonly name: string;
  readonly state: NameState['status'];
  /** Addresses, with port where SRV records give one. */
  readonly addresses: readonly string[];
  /** Addresses beyond the bound, which are not used. */
  readonly leftOut: number;
  /** The last look-up that found some; null: none did. */
  readonly resolvedAt: number | null;
  /** How long that answer counts; null before the first. */
  readonly ttlMs: number | null;
  readonly nextLookupAt: number;
  /** What was wrong at the last look-up, as a word and for people; null: nothing. */
  readonly problem: Absence | LookupFault | null;
  readonly problemText: string | null;
  /** Look-ups with a problem in a row. */
  readonly failures: number;
  /** Since the start. */
  readonly lookups: number;
  readonly lookupsFailed: number;
}

interface Entry {
  readonly text: string;
  readonly question: Question;
  readonly log: DiscoveryLog;
  state: NameState;
  timer: Timer | null;
  lookups: number;
  lookupsFailed: number;
  forgotten: boolean;
}

/** Names that somebody waits for. */
interface Awaited {
  readonly texts: readonly string[];
  readonly over: () => void;
}

/** Asks, waits, asks again. */
export class Discovery {
  readonly #bounds: NameBounds;
  readonly #ports: DiscoveryPorts;
  readonly #entries = new Map<string, Entry>();
  readonly #firstRound = Promise.withResolvers<void>();
  /** Due, but over the bound; each at most once. */
  #waiting: Entry[] = [];
  #running = 0;
  #started = false;
  #change: Timer | null = null;
  #firstRoundTimer: Timer | null = null;
  readonly #awaited = new Set<Awaited>();

  constructor(bounds: NameBounds, ports: DiscoveryPorts) {
    this.#bounds = bounds;
    this.#ports = ports;
  }

  /** Makes these the names that are kept; one that stays keeps what is known of it. */
  configure(questions: readonly Question[]): void {
    const wanted = new Map(questions.map((question) => [questionText(question), question]));
    for (const [text, entry] of this.#entries) {
      if (!wanted.has(text)) this.#forget(entry);
    }
    for (const [text, question] of wanted) {
      const known = this.#entries.get(text);
      if (known !== undefined) {
        // Taken out and put in again: the map keeps the config's order.
        this.#entries.delete(text);
        this.#entries.set(text, known);
        continue;
      }
      const entry: Entry = {
        text,
        question,
        log: new DiscoveryLog(this.#ports.log, text),
        state: unresolvedName(this.#ports.clock.now()),
        timer: null,
        lookups: 0,
        lookupsFailed: 0,
        forgotten: false,
      };
      this.#entries.set(text, entry);
      if (this.#started) this.#due(entry);
    }
  }

  /** Begins: every name is asked for at once. */
  start(): void {
    this.#started = true;
    for (const entry of this.#entries.values()) this.#due(entry);
    this.#firstRoundTimer = this.#ports.clock.after(FIRST_ROUND_MAX_MS, () =>
      this.#endFirstRound(),
    );
    this.#settleFirstRound();
  }

  /** Ends all look-ups. Final. */
  stop(): void {
    this.#firstRoundTimer?.cancel();
    this.#firstRoundTimer = null;
    for (const entry of [...this.#entries.values()]) this.#forget(entry);
    this.#change?.cancel();
    this.#ports.lookup.stop();
  }

  /**
   * Resolves when every name was asked for once, or has kept us waiting for long enough. What was
   * found by then has been told.
   */
  get firstRound(): Promise<void> {
    return this.#firstRound.promise;
  }

  /** Resolves when each of these was asked for once, or has kept us waiting for long enough. */
  async lookedUp(questions: readonly Question[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const awaited = { texts: questions.map(questionText), over: resolve };
    this.#awaited.add(awaited);
    const late = this.#ports.clock.after(FIRST_ROUND_MAX_MS, resolve);
    this.#settleAwaited();
    await promise;
    late.cancel();
    this.#awaited.delete(awaited);
  }

  /** What a name stands for now; the same list until it changes. */
  found(question: Question): readonly FoundAddress[] {
    return this.#entries.get(questionText(question))?.state.found ?? [];
  }

  /** Every name, in the order of the config. */
  status(): NameStatus[] {
    const { clock } = this.#ports;
    const offset = clock.wall() - clock.now();
    return [...this.#entries.values()].map(({ text, state, lookups, lookupsFailed }) => ({
      name: text,
      state: state.status,
      addresses: state.found.map(foundText),
      leftOut: state.leftOut,
      resolvedAt: state.resolvedAt === null ? null : state.resolvedAt + offset,
      ttlMs: state.ttlMs,
      nextLookupAt: state.nextAt + offset,
      problem: state.problem?.why ?? null,
      problemText: state.problem === null ? null : PROBLEM_TEXT[state.problem.why],
      failures: state.failures,
      lookups,
      lookupsFailed,
    }));
  }

  #forget(entry: Entry): void {
    entry.forgotten = true;
    entry.timer?.cancel();
    this.#entries.delete(entry.text);
    this.#waiting = this.#waiting.filter((other) => other !== entry);
    this.#settleFirstRound();
  }

  #due(entry: Entry): void {
    entry.timer = null;
    if (this.#running < LOOKUPS_CONCURRENT_MAX) void this.#lookUp(entry);
    else this.#waiting.push(entry);
  }

  async #lookUp(entry: Entry): Promise<void> {
    const { clock, lookup } = this.#ports;
    this.#running++;
    const answer = await lookup.ask(entry.question);
    this.#running--;
    if (!entry.forgotten) {
      const now = clock.now();
      const before = entry.state;
      entry.state = stepName(before, answer, now, this.#bounds);
      entry.lookups++;
      if (entry.state.problem !== null) entry.lookupsFailed++;
      entry.log.note(before, entry.state, now);
      if (entry.state.found !== before.found) this.#changed();
      entry.timer = clock.after(Math.max(0, entry.state.nextAt - now), () => this.#due(entry));
      this.#settleFirstRound();
    }
    const next = this.#waiting.shift();
    if (next !== undefined) void this.#lookUp(next);
  }

  #changed(): void {
    this.#change ??= this.#ports.clock.after(COALESCE_MS, () => this.#tell());
  }

  #tell(): void {
    this.#change?.cancel();
    this.#change = null;
    this.#ports.onChange();
  }

  #settleAwaited(): void {
    for (const { texts, over } of this.#awaited) {
      const asked = (text: string) => this.#entries.get(text)?.lookups !== 0;
      if (texts.every(asked)) over();
    }
  }

  #settleFirstRound(): void {
    this.#settleAwaited();
    if (this.#firstRoundTimer === null) return;
    for (const { lookups } of this.#entries.values()) if (lookups === 0) return;
    this.#endFirstRound();
  }

  #endFirstRound(): void {
    this.#firstRoundTimer?.cancel();
    this.#firstRoundTimer = null;
    if (this.#change !== null) this.#tell();
    this.#firstRound.resolve();
  }
}
