/** What a drain costs, of all rounds. Pure. */
import { table } from '../../drills/result-text.ts';
import { medianOf } from '../result.ts';
import { limits } from './limits.ts';

/** A holder at its limit. */
export interface Serving {
  readonly perSecond: number;
  /** Processor time of this whole machine for a request: clients, both hosts and origins. */
  readonly cpuMicros: number;
}

/** Messages there and back at a fixed rate. */
export interface Passing {
  readonly messages: number;
  /** Packets that were passed on for them. */
  readonly packets: number;
  /** Of this whole machine. */
  readonly cpuSeconds: number;
}

export interface CostRound {
  readonly draining: Serving;
  readonly normal: Serving;
  readonly direct: Passing;
  readonly passing: Passing;
}

/** Of several rounds. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

export interface Costs {
  /** Requests a second beside a drain, of those without. */
  readonly throughput: Spread;
  /** Processor time of a request, likewise. */
  readonly cpu: Spread;
  /** Processor time of a packet that is passed on, on both hosts together, microseconds. */
  readonly packetMicros: Spread;
  /** Packets that are passed on for a message and its echo. */
  readonly packetsPerMessage: Spread;
}

/** One after the other. */
export function sumOf(parts: readonly Passing[]): Passing {
  const of = (value: (part: Passing) => number) => parts.reduce((sum, one) => sum + value(one), 0);
  return {
    messages: of(({ messages }) => messages),
    packets: of(({ packets }) => packets),
    cpuSeconds: of(({ cpuSeconds }) => cpuSeconds),
  };
}

/** Throws RangeError without rounds. */
export function costsOf(rounds: readonly CostRound[]): Costs {
  const of = (value: (round: CostRound) => number) => spreadOf(rounds.map(value));
  return {
    throughput: of(({ draining, normal }) => draining.perSecond / normal.perSecond),
    cpu: of(({ draining, normal }) => draining.cpuMicros / normal.cpuMicros),
    packetMicros: of(packetMicros),
    packetsPerMessage: of(({ passing }) => passing.packets / passing.messages),
  };
}

/** What the same messages cost more when they are passed on, by packet. */
export function packetMicros({ direct, passing }: CostRound): number {
  const directEach = direct.cpuSeconds / direct.messages;
  const more = passing.cpuSeconds - directEach * passing.messages;
  return (more * 1e6) / passing.packets;
}

/** What is not as promised; empty: nothing. */
export function objectionsTo(rounds: readonly CostRound[]): readonly string[] {
  const { throughput } = costsOf(rounds);
  const objections: string[] = [];
  if (throughput.median < limits.throughputAtLeast) {
    objections.push(
      `beside a drain ${throughput.median.toFixed(3)} of the normal throughput, ` +
        `at least ${limits.throughputAtLeast} is promised`,
    );
  }
  const { packetsAtLeast } = limits;
  if (rounds.some(({ passing }) => passing.packets < packetsAtLeast * passing.messages)) {
    objections.push('messages went another way than through the rules');
  }
  return objections;
}

/** One round, in a line. */
export function roundText(round: CostRound): string {
  const { draining, normal } = round;
  const rate = ({ perSecond }: Serving) => perSecond.toFixed(0);
  return (
    `${rate(draining)} requests a second beside a drain, ${rate(normal)} without; ` +
    `${packetMicros(round).toFixed(2)} us of processor for a packet that is passed on`
  );
}

/** All rounds, as a table. */
export function costText(rounds: readonly CostRound[]): string {
  const costs = costsOf(rounds);
  const row = (what: string, { median, least, greatest }: Spread, digits: number) => [
    what,
    median.toFixed(digits),
    `${least.toFixed(digits)}-${greatest.toFixed(digits)}`,
  ];
  return table([
    ['while the other host drains', 'median', 'least-greatest'],
    row('throughput of the new Active host / without a drain', costs.throughput, 3),
    row('processor time of a request / without a drain', costs.cpu, 3),
    row('processor time of a packet passed on, both hosts (us)', costs.packetMicros, 2),
    row('packets passed on for a message and its echo', costs.packetsPerMessage, 2),
  ]);
}

function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('no rounds');
  return { median: medianOf(values), least: Math.min(...values), greatest: Math.max(...values) };
}
