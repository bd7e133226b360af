/** What must be so between two drills of a soak: the pair is whole, and nothing of a fault is left. */
import { readdirSync } from 'node:fs';
import type { Host } from '../../lab/host.ts';
import { waitUntil } from '../../lab/wait-until.ts';
import { holderTimes, holdingsOf } from '../holdings.ts';
import type { LabPlace } from '../lab-place.ts';
import { bringBack } from '../place.ts';
import { limits } from './limits.ts';

/** What runs on both edges. */
export interface PairState {
  readonly processes: number;
  readonly residentBytes: number;
  readonly descriptors: number;
}

/** What a program says that went wrong; no fault of a drill has Tandem say it. */
const WRONG = /\b(TypeError|RangeError|ReferenceError|AssertionError|FATAL ERROR|[Uu]nhandled)\b/;

/** Resolves when the preferred edge, and nobody else, has the addresses; rejects after a while. */
export async function settle(place: LabPlace): Promise<void> {
  const [preferred] = place.edges;
  await bringBack(place, preferred, limits.returnTimeoutMs);
  // One that drains has them for connections, and those have ended.
  const alone = (holders: readonly string[]) => holders.join() === preferred;
  await place.configured.until(alone, limits.drainedTimeoutMs);
}

/** Resolves when as many processes run as at first; rejects after a while. */
export async function sameProcesses(place: LabPlace, first: PairState): Promise<void> {
  const same = () => look(place).processes === first.processes;
  await waitUntil(
    `${first.processes} processes run, as at first`,
    same,
    limits.restartTimeoutMs,
    200,
  );
}

/** What runs there now. */
export function look(place: LabPlace): PairState {
  const running = place.edges.flatMap((edge) => place.lab.host(edge).processes());
  return {
    processes: running.length,
    residentBytes: running.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
    descriptors: running.reduce((sum, { pid }) => sum + descriptorsOf(pid), 0),
  };
}

/** The most of both looks. */
export function most(one: PairState, other: PairState): PairState {
  return {
    processes: Math.max(one.processes, other.processes),
    residentBytes: Math.max(one.residentBytes, other.residentBytes),
    descriptors: Math.max(one.descriptors, other.descriptors),
  };
}

/** What has grown too far beyond what is usual; empty: nothing. */
export function growth(usual: PairState, now: PairState): readonly string[] {
  const rows = [
    ['descriptors', usual.descriptors, now.descriptors, limits.descriptorsFactorMax],
    ['bytes of memory', usual.residentBytes, now.residentBytes, limits.memoryFactorMax],
  ] as const;
  return rows
    .filter(([, before, after, factor]) => after > before * factor)
    .map(([what, before, after]) => `${after} ${what}, ${before} at most in the first round`);
}

/** Longer than an interval on two hosts, while no drill ran; empty: it was not. */
export function twoHolders(place: LabPlace, fromMs: number, toMs: number): readonly string[] {
  const holdings = holdingsOf(place.watch.history, fromMs, toMs);
  const { twoHoldersMs } = holderTimes(holdings, fromMs, toMs);
  return twoHoldersMs <= place.advertMs
    ? []
    : [`${Math.round(twoHoldersMs)} ms with two holders between drills`];
}

/** Reads what the hosts have logged since it was last called, and gives what no program should say. */
export class LogReader {
  readonly #read = new Map<string, number>();

  wrong(hosts: readonly Host[]): readonly string[] {
    return hosts.flatMap((host) => {
      const lines = host.logTail('tandem', Number.POSITIVE_INFINITY).split('\n');
      const fresh = lines.slice(this.#read.get(host.name) ?? 0);
      this.#read.set(host.name, lines.length);
      return fresh.filter((line) => WRONG.test(line)).map((line) => `${host.name}: ${line}`);
    });
  }
}

function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    // It has ended since it was found.
    return 0;
  }
}
