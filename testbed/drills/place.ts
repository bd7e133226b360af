/**
 * Where a drill runs: the lab's namespaces or Docker's containers. A place knows how to break its
 * edges and how to look at them; what is broken and what is expected is the drill's business.
 */
import type { HolderWatch } from '../lab/holder-watch.ts';
import type { Probe } from '../lab/probe.ts';
import type { ProbeMode, ProbeOptions } from '../lab/prober.ts';
import type { Half } from '../lab/stacks/stack.ts';
import type { Answer } from './drill.ts';

/** Network namespaces; containers; containers that boot systemd, with the package installed. */
export type PlaceKind = 'lab' | 'docker' | 'systemd';

export interface Place {
  readonly kind: PlaceKind;
  /** What runs on the edges. */
  readonly stack: string;
  /** Names of the two edges; the first is the preferred one. */
  readonly edges: readonly [string, string];
  /** The virtual address clients use. */
  readonly address: string;
  readonly advertMs: number;
  /** Its hosts agree on planned moves, so that no connection breaks for one. */
  readonly agrees: boolean;
  /** The kinds of clients that the pair can serve. */
  readonly modes: readonly ProbeMode[];
  /** Who holds the address, from now on. */
  readonly watch: HolderWatch;
  /** What not every place, or not every stack, can do. */
  readonly can: Partial<Abilities>;

  /** Power loss: the link and everything that runs are gone at once. */
  crash(edge: string): Promise<void>;
  /** Power back and services started, after {@link crash} or {@link stop}. */
  start(edge: string): Promise<void>;
  /** Orderly stop of the edge's services; the host itself stays up. */
  stop(edge: string): Promise<void>;
  /** The edge's cable is pulled out, and put back. */
  cut(edge: string): Promise<void>;
  heal(edge: string): Promise<void>;
  /** Everything on the edge stops running without dying, and goes on. */
  freeze(edge: string): Promise<void>;
  thaw(edge: string): Promise<void>;
  /** SIGKILL to one half of the edge's program; its supervisor, if it has one, is left alone. */
  kill(edge: string, half: Half): Promise<void>;

  /** Starts a client against {@link address}. */
  probe(options: Omit<ProbeOptions, 'address'>): Promise<Probe>;
  /**
   * Starts asking the network who answers for {@link address}; the returned function ends it.
   * Absent where a client may not send ARP, as in containers without privileges.
   */
  watchAnswers?(everyMs: number): Promise<() => Promise<readonly Answer[]>>;
  /** What the edges logged last, for the message of a drill that went wrong. */
  logs(): Promise<string>;
  close(): Promise<void>;
}

export interface Abilities {
  readonly origins: OriginFaults;
  readonly paths: PathFaults;
  readonly operator: Operator;
  readonly trackers: TrackerFaults;
  readonly clocks: ClockFaults;
  readonly disks: DiskFaults;
  readonly memory: MemoryFaults;
}

export type Ability = keyof Abilities;

/** What happens to the hosts behind the pair. */
export interface OriginFaults {
  readonly names: readonly string[];
  kill(origin: string): Promise<void>;
  start(origin: string): Promise<void>;
  freeze(origin: string): Promise<void>;
  thaw(origin: string): Promise<void>;
}

/** What happens between hosts that are well. */
export interface PathFaults {
  /** What `from` sends does not reach `to`, on the network of the clients. */
  block(from: string, to: string): Promise<void>;
  /** The gateway hears the edge, and is not heard there. */
  loseGateway(edge: string): Promise<void>;
  /** All of it is over. */
  clear(): Promise<void>;
}

/** What an operator does, with the stack's own means. */
export interface Operator {
  /** Gives the address to the other edge. */
  handOver(edge: string): Promise<void>;
  /** Has `peer` give the address back to the edge. */
  takeBack(edge: string, peer: string): Promise<void>;
  /** Writes another config file, `variant` 0 being the one that the edge was started with, and has it read. */
  reload(edge: string, variant: number): Promise<void>;
  /** The edge tells that its config and the other's differ; absent: this stack has no word for it. */
  readonly tellsDrift?: ((edge: string) => Promise<boolean>) | undefined;
}

/** What the edges watch besides each other. */
export interface TrackerFaults {
  /** The health script fails on the edge, or does not any more. */
  failScript(edge: string, fails: boolean): Promise<void>;
}

/** What happens to the wall clock of an edge. */
export interface ClockFaults {
  /** Starts the edge anew with a clock that can be set, or with its own again. */
  replace(edge: string): Promise<void>;
  restore(edge: string): Promise<void>;
  /** The clock is so many seconds ahead of the others, negative behind; seen within a second. */
  set(edge: string, seconds: number): Promise<void>;
}

/** What happens to the file system on which an edge keeps what outlasts a reboot. */
export interface DiskFaults {
  fill(edge: string): Promise<void>;
  empty(edge: string): Promise<void>;
}

/** What happens to the memory of an edge. */
export interface MemoryFaults {
  /** A program takes all there is, until the kernel ends one; resolves when it has. */
  eat(edge: string): Promise<void>;
}

/** The other one of the two. */
export function otherThan({ edges }: Place, edge: string): string {
  return edges.find((each) => each !== edge)!;
}

/** Brings the address back to an edge that is well again. */
export async function bringBack(place: Place, edge: string, timeoutMs: number): Promise<void> {
  // It may have come by itself, and then there is nothing to give.
  await place.can.operator?.takeBack(edge, otherThan(place, edge)).catch(() => {});
  await soleHolder(place, edge, timeoutMs);
}

/** Resolves to the time (CLOCK_MONOTONIC, ms) at which exactly this edge holds the address. */
export function soleHolder(place: Place, edge: string, timeoutMs: number): Promise<number> {
  return place.watch.until((holders) => holders.length === 1 && holders[0] === edge, timeoutMs);
}
