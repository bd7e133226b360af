import { parseIp } from '../../src/os/ip-address.ts';
import { witnessProbeMicros, witnessWaitersMax } from '../limits.ts';
import type { Clock, NeighbourProbe, NetworkPort, Timer } from '../ports.ts';

/** What a witness needs. */
export interface WitnessOptions {
  /** Canonical text. */
  readonly address: string;
  /** The virtual router's interface, where it is a neighbour. */
  readonly interface: string;
  /** Virtual addresses, never the sender of a question. */
  readonly never: readonly string[];
  /** Silence that means no. */
  readonly timeoutMicros: number;
  readonly clock: Clock;
  readonly network: Pick<NetworkPort, 'openNeighbourProbe'>;
}

/** What is known of a witness; plain values for the status. */
export interface WitnessStatus {
  readonly address: string;
  /** Null: it was not asked yet. */
  readonly answers: boolean | null;
  /** Why it does not; null: it does. */
  readonly reason: string | null;
}

/**
 * A neighbour whose answer shows that this host can be heard on the LAN of the virtual addresses: asked
 * whenever the peer wants to know, and now and then, so that the status tells of one that never will.
 */
export class Witness {
  readonly #options: WitnessOptions;
  #probe: NeighbourProbe | null = null;
  #waiting: ((answers: boolean) => void)[] = [];
  #giveUp: Timer | null = null;
  #next: Timer | null = null;
  #answers: boolean | null = null;
  #reason: string | null = null;
  #stopped = false;

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  /** Asks now, and from time to time. */
  start(): void {
    const { clock } = this.#options;
    this.#next = clock.timer(clock.now() + witnessProbeMicros, () => this.start());
    this.ask(() => {});
  }

  /** Asks; calls back exactly once, with whether it answered after this moment, and in time. */
  ask(onResult: (answers: boolean) => void): void {
    if (this.#stopped || this.#waiting.length >= witnessWaitersMax) {
      onResult(false);
      return;
    }
    this.#waiting.push(onResult);
    const { clock, timeoutMicros } = this.#options;
    this.#giveUp ??= clock.timer(clock.now() + timeoutMicros, () => this.#timedOut());
    try {
      this.#probe ??= this.#open();
      this.#probe.ask();
    } catch (error) {
      this.#settle(error instanceof Error ? error.message : String(error));
    }
  }

  status(): WitnessStatus {
    return { address: this.#options.address, answers: this.#answers, reason: this.#reason };
  }

  /** Whoever waits is told no. */
  stop(): void {
    this.#stopped = true;
    this.#next?.cancel();
    this.#settle('the agent stops');
  }

  #open(): NeighbourProbe {
    const { address, interface: name, never, network } = this.#options;
    const target = parseIp(address);
    if (target === null || network.openNeighbourProbe === undefined) {
      throw new Error('nobody can ask for it here');
    }
    const onAnswer = () => this.#settle(null);
    return network.openNeighbourProbe({ interface: name, target, never, onAnswer });
  }

  /** This process may have been late, and the answer in time. */
  #timedOut(): void {
    this.#giveUp = null;
    try {
      this.#probe?.readQueued();
    } catch (error) {
      this.#settle(error instanceof Error ? error.message : String(error));
      return;
    }
    if (this.#waiting.length > 0) this.#settle('it does not answer');
  }

  #settle(reason: string | null): void {
    this.#giveUp?.cancel();
    this.#giveUp = null;
    if (reason !== null) {
      // The interface may be another one by the next question.
      this.#probe?.close();
      this.#probe = null;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length > 0) {
      this.#answers = reason === null;
      this.#reason = reason;
    }
    for (const onResult of waiting) onResult(reason === null);
  }
}
