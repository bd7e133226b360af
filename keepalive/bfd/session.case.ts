/** For the tests: one session driven by hand, and two with a wire between them. */
import { type BfdPacket, decodeBfdPacket, encodeBfdPacket } from './packet.ts';
import { type BfdSession, newSession, nextSessionDeadline } from './session.ts';
import { type SessionAction, type SessionEvent, stepSession } from './step.ts';

export const MS = 1_000;
export const SECOND = 1_000_000;
/** Our name for the session, and the peer's. */
export const OURS = 11;
export const THEIRS = 22;

/** One session driven by hand. */
export class Driven {
  state: BfdSession;
  now = 0;
  actions: readonly SessionAction[] = [];

  constructor(intervalMicros = 3 * MS, multiplier = 3) {
    this.state = newSession({ localDiscriminator: OURS, intervalMicros, multiplier }, 0);
  }

  apply(event: SessionEvent): this {
    const result = stepSession(this.state, event, this.now);
    this.state = result.state;
    this.actions = result.actions;
    return this;
  }

  tick(jitter = 0): this {
    return this.apply({ type: 'tick', jitter });
  }

  pass(micros: number): this {
    this.now += micros;
    return this;
  }

  hear(changes: Partial<BfdPacket>): this {
    return this.apply({ type: 'packet', packet: { ...PEER, ...changes }, jitter: 0 });
  }

  /** Brings it up against a peer of the same settings. */
  up(): this {
    this.hear({ state: 'Down', yourDiscriminator: 0 });
    this.hear({ state: 'Init' });
    return this.hear({ state: 'Up', desiredMinTxMicros: 3 * MS, final: true });
  }

  get sent(): BfdPacket[] {
    return this.actions.flatMap((action) => (action.type === 'send' ? [action.packet] : []));
  }

  get moves(): string[] {
    return this.actions.flatMap((action) =>
      action.type === 'transition' ? [`${action.from}-${action.to}: ${action.cause.code}`] : [],
    );
  }
}

/** A packet of the peer, in Down. */
export const PEER: BfdPacket = {
  diagnostic: 0,
  state: 'Down',
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMultiplier: 3,
  myDiscriminator: THEIRS,
  yourDiscriminator: OURS,
  desiredMinTxMicros: SECOND,
  requiredMinRxMicros: 3 * MS,
  requiredMinEchoRxMicros: 0,
};

/** Two sessions and a wire that delays, loses and cuts. */
export class Wire {
  readonly ends: readonly [BfdSession, BfdSession];
  readonly #flying: { at: number; to: 0 | 1; bytes: Uint8Array }[] = [];
  readonly sentAt: [number[], number[]] = [[], []];
  now = 0;
  cut = false;
  #random: () => number;
  #lossless = true;

  constructor(intervals: readonly [number, number], random: () => number) {
    const make = (index: 0 | 1) =>
      newSession(
        { localDiscriminator: index + 1, intervalMicros: intervals[index], multiplier: 3 },
        0,
      );
    this.ends = [make(0), make(1)];
    this.#random = random;
  }

  /** A third of all packets is lost from now on. */
  lose(): void {
    this.#lossless = false;
  }

  run(micros: number): void {
    const until = this.now + micros;
    for (;;) {
      const times = [
        ...this.#flying.map(({ at }) => at),
        ...this.ends.map((end) => nextSessionDeadline(end) ?? Number.POSITIVE_INFINITY),
      ];
      const next = Math.min(...times);
      if (next > until) break;
      this.now = Math.max(next, this.now);
      const arriving = this.#flying.findIndex(({ at }) => at <= this.now);
      if (arriving >= 0) {
        const [{ to, bytes } = { to: 0 as const, bytes: new Uint8Array() }] = this.#flying.splice(
          arriving,
          1,
        );
        const result = decodeBfdPacket(bytes);
        if (!result.ok) throw new Error(result.error.detail);
        this.#apply(to, { type: 'packet', packet: result.packet, jitter: this.#random() });
        continue;
      }
      for (const index of [0, 1] as const) {
        this.#apply(index, { type: 'tick', jitter: this.#random() });
      }
    }
    this.now = until;
  }

  #apply(index: 0 | 1, event: SessionEvent): void {
    const { state, actions } = stepSession(this.ends[index], event, this.now);
    (this.ends as [BfdSession, BfdSession])[index] = state;
    for (const action of actions) {
      if (action.type !== 'send') continue;
      if (!action.packet.final) this.sentAt[index].push(this.now);
      const lost = this.cut || (!this.#lossless && this.#random() < 1 / 3);
      if (lost) continue;
      const delay = 50 + Math.floor(this.#random() * 500);
      const to = index === 0 ? 1 : 0;
      this.#flying.push({ at: this.now + delay, to, bytes: encodeBfdPacket(action.packet) });
      this.#flying.sort((a, b) => a.at - b.at);
    }
  }
}
