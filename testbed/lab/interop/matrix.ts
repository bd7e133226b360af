/**
 * Runs every step of the matrix once, on all cells at a time: a crash costs VRRPv2 four seconds,
 * whether one virtual router lives through it or two dozen.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { clientPlan, edgeA, edgeB, macAddress } from '../address-plan.ts';
import type { AddressWatch } from '../address-watch.ts';
import { Capture, readCapture } from '../capture.ts';
import type { HolderChange } from '../holder-watch.ts';
import type { LabProcess } from '../host.ts';
import { Lab } from '../lab.ts';
import { monotonicMs } from '../monotonic.ts';
import {
  activeDownMs,
  type Cell,
  type Expectation,
  expectationOf,
  OURS,
  type Side,
  type Step,
  THEIRS,
} from './cells.ts';
import { startSide } from './routers.ts';

/** After the last cell has moved, before the next step: whatever flaps must have time to show it. */
const QUIET_MS = 600;
/** Beyond the RFC's own time, before a cell is given up. */
const GIVE_UP_MS = 2_000;
/** From a question of the client to the end of the answers to it. */
const ANSWER_MS = 250;

/** What became of a cell in a step. Times are from the fault, in ms. */
export interface Outcome {
  readonly step: string;
  readonly expected: Expectation;
  /** Who held the address in the end. */
  readonly holders: readonly string[];
  /** When that became so; null: it was so all the time. */
  readonly afterMs: number | null;
  /** Changes of the address after that, within the step. */
  readonly changesAfter: number;
  /** Hosts that answered a client's question for the address (ARP, neighbour solicitation). */
  readonly answering: readonly string[];
}

/** What each cell lived through, by its name, and what was on the wire. */
export interface MatrixRun {
  readonly outcomes: ReadonlyMap<string, readonly Outcome[]>;
  readonly adverts: readonly Advert[];
}

const ADVERT_FIELDS = [
  'eth.src',
  'vrrp.version',
  'vrrp.type',
  'vrrp.virt_rtr_id',
  'vrrp.prio',
  'vrrp.auth_type',
  'vrrp.checksum.status',
  'ip.ttl',
  'ipv6.hlim',
  'ip.dst',
  'ipv6.dst',
  'vrrp.ip_addr',
  'vrrp.ipv6_addr',
  '_ws.malformed',
  '_ws.expert',
] as const;
/** An advert as tshark reads it; a field that it does not have is empty. */
export type Advert = Readonly<Record<(typeof ADVERT_FIELDS)[number], string>>;

/** Rejects only when the lab itself fails. */
export async function runMatrix(
  cells: readonly Cell[],
  steps: readonly Step[],
): Promise<MatrixRun> {
  const lab = await Lab.create({ hosts: [edgeA, edgeB, clientPlan] });
  try {
    const matrix = await Matrix.boot(lab, cells);
    const wire = await Capture.start(lab.host(THEIRS), 'vrrp', 'proto 112 or ip6 proto 112');
    for (const step of steps) {
      // A capture does not survive the power loss of its host.
      if (step.fault === 'crash' && step.side === THEIRS) await wire.stop();
      await matrix.live(step);
    }
    await wire.stop();
    const outcomes = await matrix.finish();
    return { outcomes, adverts: await readCapture(wire.file, 'vrrp', ADVERT_FIELDS) };
  } finally {
    await lab.close();
  }
}

interface Watched {
  readonly cell: Cell;
  readonly watch: AddressWatch;
}

/** Where a step left a cell; the answers are known when the capture has been read. */
type Seen = Omit<Outcome, 'answering'> & { readonly asked: Asked };

/** When somebody asked, and until when answers were waited for: wall clock, ms. */
interface Asked {
  readonly fromMs: number;
  readonly toMs: number;
}

class Matrix {
  readonly #lab: Lab;
  readonly #cells: readonly Watched[];
  readonly #answers: Capture;
  readonly #running = new Map<Side, LabProcess>();
  readonly #seen = new Map<string, Seen[]>();

  private constructor(lab: Lab, cells: readonly Watched[], answers: Capture) {
    this.#lab = lab;
    this.#cells = cells;
    this.#answers = answers;
    for (const { cell } of cells) this.#seen.set(cell.name, []);
  }

  static async boot(lab: Lab, cells: readonly Cell[]): Promise<Matrix> {
    const addresses = cells.map(({ address }) => address);
    const watches = await lab.watchAll(addresses, [OURS, THEIRS]);
    const client = lab.host(clientPlan.name);
    const answers = await Capture.start(client, 'answers', 'arp or icmp6');
    const watched = cells.map((cell, index) => ({ cell, watch: watches[index]! }));
    return new Matrix(lab, watched, answers);
  }

  /** Does the step, waits until every cell is as expected or too late, and notes what it saw. */
  async live(step: Step): Promise<void> {
    const before = this.#cells.map(({ watch }) => (watch.holders[0] ?? null) as Side | null);
    const expected = this.#cells.map(({ cell }, index) =>
      expectationOf(cell, step, before[index]!),
    );
    const faultAtMs = await this.#inflict(step);
    const patienceMs = Math.max(...expected.map(({ toMs }) => toMs)) + GIVE_UP_MS;
    await Promise.all(
      this.#cells.map(({ watch }, index) =>
        watch
          .until((holders) => holders.join() === expected[index]!.holder, patienceMs)
          .catch(() => {}),
      ),
    );
    await delay(QUIET_MS);
    const asked = await this.#ask();
    this.#cells.forEach(({ cell, watch }, index) => {
      this.#seen.get(cell.name)!.push({
        step: step.name,
        expected: expected[index]!,
        holders: watch.holders,
        ...settled(watch.history, expected[index]!.holder, faultAtMs),
        asked,
      });
    });
  }

  /** What every cell lived through, with who answered for it. */
  async finish(): Promise<ReadonlyMap<string, readonly Outcome[]>> {
    await this.#answers.stop();
    const answers = await readAnswers(this.#answers.file);
    const outcomes = this.#cells.map(({ cell }) => {
      const lived = this.#seen.get(cell.name)!.map(({ asked, ...seen }) => {
        const heard = answers.filter(
          ({ address, atMs }) =>
            address === cell.address && atMs >= asked.fromMs && atMs < asked.toMs,
        );
        return { ...seen, answering: [...new Set(heard.map(({ host }) => host))].sort() };
      });
      return [cell.name, lived] as const;
    });
    return new Map(outcomes);
  }

  /** Resolves to the moment (CLOCK_MONOTONIC, ms) from which the RFC's times count. */
  async #inflict({ fault, side }: Step): Promise<number> {
    const cells = this.#cells.map(({ cell }) => cell);
    const host = this.#lab.host(side);
    const atMs = monotonicMs();
    switch (fault) {
      case 'start': {
        // keepalived takes a second to end, and does not start beside itself.
        await this.#running.get(side)?.exited;
        await this.#lab.heal(side);
        this.#running.set(side, await startSide(host, side, cells));
        return monotonicMs();
      }
      case 'crash':
        await this.#lab.crash(side);
        return atMs;
      case 'stop':
        this.#running.get(side)!.child.kill('SIGTERM');
        return atMs;
      case 'partition': {
        // Everything is lost: who hears the other's ARP but not its adverts notices that, and ours
        // gives way to it (docs/VRRP.md, "Duplicate addresses").
        const both = (['sent', 'received'] as const).map((direction) => ({
          direction,
          percent: 100,
        }));
        await this.#lab.lose(side, both);
        const downs = cells.flatMap((cell) => [OURS, THEIRS].map((it) => activeDownMs(cell, it)));
        await delay(Math.max(...downs) + QUIET_MS);
        const healedAtMs = monotonicMs();
        await this.#lab.lose(side, []);
        return healedAtMs;
      }
    }
  }

  /** Makes the client ask for every address; resolves to when that was, by the wall clock, ms. */
  async #ask(): Promise<Asked> {
    const client = this.#lab.host(clientPlan.name);
    await client.exec(['ip', 'neigh', 'flush', 'dev', 'eth0']);
    const fromMs = Date.now();
    // A datagram to nobody in particular: before it can leave, its destination must be resolved.
    const asks = this.#cells.map(({ cell }) => `echo >/dev/udp/${cell.address}/9`);
    await client.exec(['bash', '-c', `{ ${asks.join('; ')}; } 2>/dev/null || :`]);
    // A busy machine may take its time to ask; the answers take none.
    await delay(ANSWER_MS);
    return { fromMs, toMs: Date.now() };
  }
}

/** When the holder became the only one for the last time, and what changed after that. */
function settled(
  history: readonly HolderChange[],
  holder: Side,
  faultAtMs: number,
): Pick<Outcome, 'afterMs' | 'changesAfter'> {
  const holders = new Set<string>();
  let reachedAtMs: number | null = null;
  let changesAfter = 0;
  let wasSole = false;
  for (const { atMs, host, holds } of history) {
    if (holds) holders.add(host);
    else holders.delete(host);
    const isSole = holders.size === 1 && holders.has(holder);
    if (atMs > faultAtMs) {
      if (reachedAtMs !== null || (wasSole && !isSole)) changesAfter += 1;
      if (isSole && reachedAtMs === null) reachedAtMs = atMs;
    }
    wasSole = isSole;
  }
  return { afterMs: reachedAtMs === null ? null : reachedAtMs - faultAtMs, changesAfter };
}

interface HeardAnswer {
  readonly address: string;
  readonly host: string;
  /** Wall clock, ms. */
  readonly atMs: number;
}

/** Replies to the client's own questions; announcements to everybody are none. */
async function readAnswers(file: string): Promise<readonly HeardAnswer[]> {
  const hosts = new Map([edgeA, edgeB].map((plan) => [macAddress(plan), plan.name]));
  const toClient = `eth.dst == ${macAddress(clientPlan)}`;
  const replies = `${toClient} && (arp.opcode == 2 || icmpv6.type == 136)`;
  const packets = await readCapture(file, replies, [
    'frame.time_epoch',
    'eth.src',
    'arp.src.proto_ipv4',
    'icmpv6.nd.na.target_address',
  ]);
  return packets.map((packet) => ({
    address: packet['arp.src.proto_ipv4'] || packet['icmpv6.nd.na.target_address'],
    host: hosts.get(packet['eth.src']) ?? packet['eth.src'],
    atMs: epochMs(packet['frame.time_epoch']),
  }));
}

/** Newer versions of tshark print a date instead of seconds. */
function epochMs(text: string): number {
  const seconds = Number(text);
  return Number.isNaN(seconds) ? Date.parse(text) : seconds * 1000;
}
