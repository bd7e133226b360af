/** Latency over the share of the requests that have it, at the fixed rate. */
import type { LatencyRow, LatencySummary } from '../latency-summary.ts';
import { metrics } from '../metrics.ts';
import { percentiles } from '../open-loop/open-loop-result.ts';
import { colourOf, curve, label, legend, line, page } from './svg.ts';

const WIDTH = 820;
const HEIGHT = 400;
const LEFT = 80;
const RIGHT = 30;
const TOP = 72;
const BOTTOM = 52;

/** Null when no contender has percentiles. */
export function latencyPlot({ rows, rate }: LatencySummary): string | null {
  const known = rows.filter((row): row is Known => row.latencyUs !== null);
  if (known.length === 0) return null;
  const values = known.flatMap(({ latencyUs }) =>
    percentiles.flatMap((percent) => [latencyUs[percent].min, latencyUs[percent].max]),
  );
  const low = Math.floor(Math.log10(Math.max(1, Math.min(...values))) * 3) / 3;
  const high = Math.ceil(Math.log10(Math.max(...values)) * 3) / 3;
  const y = (value: number) =>
    TOP + (1 - (Math.log10(Math.max(1, value)) - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const x = (index: number) =>
    LEFT + 20 + (index * (WIDTH - LEFT - RIGHT - 40)) / (percentiles.length - 1);
  const elements = ticks(10 ** low, 10 ** high).flatMap((value) => [
    line(LEFT, y(value), WIDTH - RIGHT, y(value), 'line'),
    label(
      LEFT - 8,
      y(value) + 4,
      metrics.latencyP99Us.format(value).replace('.00', ''),
      'end',
      'faint',
    ),
  ]);
  for (const [index, percent] of percentiles.entries()) {
    elements.push(label(x(index), HEIGHT - BOTTOM + 20, `p${percent}`, 'middle', 'faint'));
  }
  for (const { contender, latencyUs } of known) {
    const colour = colourOf(contender);
    for (const [index, percent] of percentiles.entries()) {
      const { min, max } = latencyUs[percent];
      elements.push(line(x(index), y(min), x(index), y(max), colour));
    }
    const points = percentiles.map(
      (percent, index) => [x(index), y(latencyUs[percent].median)] as const,
    );
    elements.push(curve(points, colour));
  }
  const title = `Latency at ${metrics.requestsPerSecond.format(rate)} requests/s for everybody (open loop)`;
  const head = [
    label(16, 24, title, 'start', 'title'),
    legend(
      16,
      46,
      known.map(({ contender }) => contender),
    ),
  ];
  const note = 'lower is better; logarithmic; lines up and down: lowest and highest round';
  return page(WIDTH, HEIGHT, title, [
    ...head,
    ...elements,
    label(16, HEIGHT - 10, note, 'start', 'faint'),
  ]);
}

type Known = LatencyRow & { readonly latencyUs: NonNullable<LatencyRow['latencyUs']> };

/** 1, 2 and 5 times the powers of ten between two values. */
function ticks(low: number, high: number): readonly number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const factor of [1, 2, 5]) {
      const value = factor * 10 ** power;
      if (value >= low * 0.999 && value <= high * 1.001) found.push(value);
    }
  }
  return found;
}
