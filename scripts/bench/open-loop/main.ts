/**
 * The open-loop load generator: `node main.ts ORDER`, where ORDER is an OpenLoopOrder as JSON. Prints
 * an OpenLoopResult as JSON. A process of its own, so that nothing else of the benchmark holds it up.
 */
import { setPriority } from 'node:os';
import { limits } from '../limits.ts';
import { generate } from './generate.ts';
import { LoopbackWire } from './loopback-wire.ts';
import {
  type OpenLoopOrder,
  type OpenLoopResult,
  type Percentiles,
  percentilesOf,
} from './open-loop-result.ts';
import { arrivals } from './schedule.ts';

/** Carries the order out. */
function run(order: OpenLoopOrder): OpenLoopResult {
  const wire = new LoopbackWire(order.port, order.path, order.connections);
  const due = arrivals(order.rate, order.warmUpSeconds + order.seconds, order.seed);
  const preferred = prefer();
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const { latencyMs, latenessMs } = generate(due, wire, limits.openLoopDrainMs);
  const cpu = process.cpuUsage(cpuBefore);
  const elapsedUs = (performance.now() - startedAt) * 1000;
  wire.close();
  const counted = due.findIndex((at) => at >= order.warmUpSeconds * 1000);
  const answered = microseconds(latencyMs.subarray(counted));
  return {
    due: due.length - counted,
    unanswered: due.length - counted - answered.length,
    latencyUs: percentilesOrNull(answered),
    latenessUs: percentilesOrNull(microseconds(latenessMs.subarray(counted))),
    busyShare: (cpu.user + cpu.system) / elapsedUs,
    preferred,
  };
}

function percentilesOrNull(values: Float64Array): Percentiles | null {
  return values.length === 0 ? null : percentilesOf(values);
}

/**
 * On the core that the origins have, too, it must be there when a request is due. Where the kernel
 * refuses (no root), its lateness shows whether that mattered. Not real time: threads of Node
 * that wait for each other by spinning would hold the one core forever.
 */
function prefer(): boolean {
  try {
    setPriority(-20);
    return true;
  } catch {
    return false;
  }
}

function microseconds(milliseconds: Float64Array): Float64Array {
  return milliseconds.filter((value) => !Number.isNaN(value)).map((value) => value * 1000);
}

process.stdout.write(`${JSON.stringify(run(JSON.parse(process.argv[2]!)))}\n`);
