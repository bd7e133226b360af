/** What runs on the two hosts of a handover drill, behind one interface. */
import type { Host } from '../../lab/host.ts';

/** What the pair is for; the same on both hosts. */
export interface PairSettings {
  /** The first has the higher priority. */
  readonly edges: readonly {
    readonly name: string;
    readonly address: string;
    readonly side: string;
  }[];
  /** Of both families. */
  readonly virtualAddresses: readonly string[];
  readonly advertMs: number;
  readonly origins: readonly string[];
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
}

/** A host's services, started. */
export interface RunningEdge {
  /**
   * An orderly stop, as `systemctl stop` of the packages' units does it; resolves when everything has
   * ended. Rejects when something had to be killed that should have ended.
   */
  stop(): Promise<void>;
}

/** A pair's program. */
export interface HandoverStack {
  readonly name: string;
  /** What must be installed or built first, in words; empty when it can run. */
  missing(): readonly string[];
  start(host: Host, settings: PairSettings): Promise<RunningEdge>;
  /**
   * Gives the addresses of this host away, as its administrator would, with everything running. Resolves
   * when the order has been carried out, or was taken; rejects with the reason when it was refused.
   */
  giveAway(host: Host): Promise<void>;
  /** Takes an earlier {@link giveAway} of this host back, where that is a state of its own. */
  release(host: Host): Promise<void>;
  /**
   * Calls back with what happens to the addresses there, in a few words, as the program tells it; until
   * it ends. False: it tells nothing.
   */
  listen(host: Host, onStep: (text: string) => void): boolean;
  /** Whether the host could take the addresses now, by agreement where the pair has that. */
  ready(host: Host): Promise<boolean>;
  /** Whether the host holds all virtual addresses now. */
  holds(host: Host, settings: PairSettings): Promise<boolean>;
}
