import { drainerProbeMicros, drainerSilencesMax } from '../limits.ts';
import type { Clock, NeighbourProbe, NetworkPort, Timer } from '../ports.ts';

/** What the watch works with. */
export interface DrainerWatchOptions {
  readonly interface: string;
  /** The draining host's own address: 4 or 16 bytes. */
  readonly peer: Uint8Array;
  /** Virtual addresses, never the sender of a question. */
  readonly never: readonly string[];
  readonly clock: Clock;
  readonly network: Pick<NetworkPort, 'openNeighbourProbe'>;
  /** Called once: it does not answer any more. */
  onDead(): void;
}

/**
 * Whether the host that drains is still there. While the agents are connected it says so itself. Without
 * that, it is asked as any neighbour is: losing the connection alone must not end the drain.
 */
export class DrainerWatch {
  readonly #options: DrainerWatchOptions;
  #probe: NeighbourProbe | null = null;
  #timer: Timer | null = null;
  #silences = 0;

  /** Asks nothing before `connected(false)`. */
  constructor(options: DrainerWatchOptions) {
    this.#options = options;
  }

  /** Whether the agents are. */
  connected(yes: boolean): void {
    if (yes) this.stop();
    else if (this.#timer === null) this.#ask();
  }

  /** Asks no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#probe?.close();
    this.#probe = null;
    this.#silences = 0;
  }

  #ask(): void {
    const { clock, network, interface: name, peer: target, never, onDead } = this.#options;
    const silent = !this.#heard();
    if (silent && this.#silences >= drainerSilencesMax) {
      this.stop();
      onDead();
      return;
    }
    this.#silences += 1;
    this.#timer = clock.timer(clock.now() + drainerProbeMicros, () => this.#ask());
    try {
      this.#probe ??=
        network.openNeighbourProbe?.({
          interface: name,
          target,
          never,
          onAnswer: () => {
            this.#silences = 0;
          },
        }) ?? null;
      this.#probe?.ask();
    } catch {
      // Without an interface or an address of our own nobody can be asked, and nothing passed on.
      this.#probe?.close();
      this.#probe = null;
    }
  }

  /** This process may have been late, and the answer in time. */
  #heard(): boolean {
    try {
      this.#probe?.readQueued();
    } catch {
      return false;
    }
    return this.#silences === 0;
  }
}
