/**
 * What runs on the two edges, behind one interface: Tandem, or the combinations from Debian that it
 * is compared with. The same drills run on each of them.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Host } from '../host.ts';
import type { ProbeMode } from '../prober.ts';

export type StackName = 'tandem' | 'keepalived-nginx' | 'keepalived-haproxy';

/** The halves that can fail apart: who holds the address, and who answers for it. */
export type Half = 'keepalive' | 'proxy';

/** What the pair is for; the same on both edges. */
export interface PairSettings {
  /** Names and addresses of the two edges; the first has the higher priority. */
  readonly edges: readonly { readonly name: string; readonly address: string }[];
  /** Virtual addresses of both families, without prefix length. */
  readonly virtualAddresses: readonly string[];
  readonly vrid: number;
  readonly advertMs: number;
  /** Time between BFD packets, where the stack has BFD; absent: none. */
  readonly bfdMs?: number;
  /** Addresses of the origins: HTTP on 80, line echo on 7. */
  readonly origins: readonly string[];
  /** Absent: the hosts watch nothing but each other. */
  readonly watched?: Watched;
  /** Added to the environment of what runs on the edges. */
  readonly env?: Readonly<Record<string, string>>;
  /** A start gives way to everything else on this machine: in life it takes nothing from the other host. */
  readonly startsAside?: boolean;
}

/** What a pair in production has besides. */
export interface Watched {
  /** Addresses of the edges on a second network, in their order. */
  readonly sides: readonly string[];
  readonly gateway: string;
}

/** A started edge. */
export interface RunningEdge {
  /** Orderly, as `systemctl stop` would: resolves when everything has ended. */
  stop(): Promise<void>;
}

export interface Stack {
  readonly name: StackName;
  /** The kinds of clients that it can serve. */
  readonly modes: readonly ProbeMode[];
  /** Its hosts agree on planned moves, where they are watched. */
  readonly agrees: boolean;
  /** Command lines of the processes of a half. */
  readonly halves: Readonly<Record<Half, RegExp>>;
  /** What must be installed or built first, in words; empty when the stack can run. */
  missing(): readonly string[];
  /** Starts both halves on a host that is one of `settings.edges`. */
  start(host: Host, settings: PairSettings): Promise<RunningEdge>;
  /** It has started, and could serve clients. */
  ready(host: Host): Promise<boolean>;
  /** Gives the address to the other edge. */
  handOver(host: Host): Promise<void>;
  /** Has `peer` give it back to the host. */
  takeBack(host: Host, peer: Host): Promise<void>;
  /** Has another config read; `variant` 0 is the one that it was started with. */
  reload(host: Host, settings: PairSettings, variant: number): Promise<void>;
  /** The host tells its operator that the two have different configs; absent: none of them can. */
  tellsDrift?(host: Host): Promise<boolean>;
}

/** The health script of a watched pair fails while this file is there, seen from inside the host. */
export const failingFile = '/run/failing';

/** Has the host's health script fail, or succeed. */
export function failScript(host: Host, fails: boolean): void {
  const file = join(host.runFolder, basename(failingFile));
  if (fails) writeFileSync(file, '');
  else rmSync(file, { force: true });
}

/** Priority of an edge: the first of the pair is preferred. */
export function priorityOf(host: Host, settings: PairSettings): number {
  return settings.edges[0]!.name === host.name ? 200 : 100;
}

/** Prefix length of the lab's networks, by family. */
export function prefixLength(address: string): number {
  return address.includes(':') ? 64 : 24;
}
