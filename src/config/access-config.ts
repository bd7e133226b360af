/** Who may use a route, by network. Types only; proxy/ may import this file. */
import type { NetworkConfig } from './proxy-config.ts';

/** What becomes of clients of some networks; empty: of all. */
export interface AccessRule {
  readonly allow: boolean;
  readonly networks: readonly NetworkConfig[];
}

/** The first rule that a client is in counts; of none it is in it may pass. */
export type AccessList = readonly AccessRule[];
