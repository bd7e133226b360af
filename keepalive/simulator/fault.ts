import type { Cluster } from './cluster.ts';
import type { Prng } from './prng.ts';
import type { SimHost } from './sim-host.ts';

/** A fault that has begun. */
export interface Fault {
  readonly text: string;
  /** How long it is felt after it began, or was ended. */
  readonly lingerMicros?: number;
  end(): void;
}

/** Begins a fault on a host; null when it makes no sense now. */
export type Begin = (cluster: Cluster, host: SimHost, prng: Prng) => Fault | null;
