/** Plots of the history: geometry and SVG, as plain values. Pure. */
import type { TrafficPoint } from '../snapshot.ts';
import { clock } from './marks.ts';
import { h, type VNode } from './vnode.ts';

/** Time that a plot shows, ms. */
export const plotSpanMs = 15 * 60_000;
/** Points further apart than this are not joined: nothing is known of the time between, ms. */
const GAP_MS = 7_000;
const WIDTH = 600;
const HEIGHT = 120;

/** One line of a plot. */
export interface Series {
  readonly name: string;
  /** Class of its colour and dash: `a`, `b`. */
  readonly look: 'a' | 'b';
  /** Null: nothing to draw then. */
  value(point: TrafficPoint): number | null;
}

/** A plot. */
export interface Plot {
  readonly title: string;
  readonly unit: string;
  readonly series: readonly Series[];
  /** The top of the scale is at least this. */
  readonly least: number;
}

/** The smallest of 1, 2, 5 times a power of ten that is no less. */
export function niceTop(value: number, least: number): number {
  const wanted = Math.max(value, least);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].find((one) => one * power >= wanted * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** `M`, `L` of an SVG path; a moment without a value, and a gap in time, lift the pen. */
export function pathOf(
  points: readonly { readonly at: number; readonly value: number | null }[],
  { from, to, top }: { readonly from: number; readonly to: number; readonly top: number },
): string {
  let path = '';
  let before: number | null = null;
  for (const { at, value } of points) {
    if (value === null || at < from) {
      before = null;
      continue;
    }
    const x = ((at - from) / (to - from)) * WIDTH;
    const y = HEIGHT - (Math.min(value, top) / top) * HEIGHT;
    const joined = before !== null && at - before <= GAP_MS;
    path += `${joined ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    // A point that stands alone would not be seen.
    if (!joined) path += 'h0.1';
    before = at;
  }
  return path;
}

/** A number in as few characters as tell it. */
export function shortNumber(value: number): string {
  if (value >= 10_000) return `${Number((value / 1000).toPrecision(3))}k`;
  if (value >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(value >= 1 ? 3 : 2)));
}

/** With its unit; a dash when there is none. */
export function valueText(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return '–';
  return unit === '' ? shortNumber(value) : `${shortNumber(value)} ${unit}`;
}

/** The point nearest to a share of the time shown, 0 to 1; undefined when there is none near. */
export function pointAt(
  points: readonly TrafficPoint[],
  share: number,
  now: number,
): TrafficPoint | undefined {
  const at = now - plotSpanMs * (1 - share);
  const near = (point: TrafficPoint) => Math.abs(point.at - at);
  const best = points.reduce<TrafficPoint | undefined>(
    (found, point) => (found === undefined || near(point) < near(found) ? point : found),
    undefined,
  );
  return best !== undefined && near(best) <= GAP_MS ? best : undefined;
}

/** `cursor`: the share of the time that somebody points at; null: nobody does. */
export function plotView(
  { title, unit, series, least }: Plot,
  points: readonly TrafficPoint[],
  { now, cursor }: { readonly now: number; readonly cursor: number | null },
): VNode {
  const shown = points.filter(({ at }) => at >= now - plotSpanMs);
  const values = shown.flatMap((point) => series.map(({ value }) => value(point) ?? 0));
  const top = niceTop(Math.max(0, ...values), least);
  const pointed = cursor === null ? undefined : pointAt(shown, cursor, now);
  const told = pointed ?? shown.at(-1);
  const scale = { from: now - plotSpanMs, to: now, top };
  const texts = series.map((one) => valueText(told && one.value(told), unit));
  const said = series.map(({ name }, index) => `${name} ${texts[index]}`).join(', ');
  const when = clock(pointed?.at ?? now);
  return h(
    'figure',
    { class: 'plot', key: title },
    h(
      'figcaption',
      {},
      h('span', { class: 'title' }, title),
      h('span', { class: 'when' }, when),
      series.map(({ name, look }, index) =>
        h(
          'span',
          { class: `legend ${look}`, key: name },
          h('span', { class: 'name' }, name),
          h('span', { class: 'value' }, texts[index]!),
        ),
      ),
    ),
    h(
      'div',
      { class: 'drawing' },
      h('span', { class: 'top' }, valueText(top, unit)),
      h(
        'svg',
        {
          viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
          preserveAspectRatio: 'none',
          role: 'img',
          'aria-label': `${title} of the last 15 minutes: ${said}; the scale ends at ${valueText(top, unit)}`,
          'data-plot': true,
        },
        [0.5, 1].map((share) => line('grid', 0, WIDTH, HEIGHT * share)),
        series.map(({ look, value }) =>
          h('path', {
            class: look,
            d: pathOf(
              shown.map((point) => ({ at: point.at, value: value(point) })),
              scale,
            ),
          }),
        ),
        pointed === undefined ? null : cursorLine(pointed.at, scale),
      ),
      h('span', { class: 'from' }, '15 min ago'),
      h('span', { class: 'to' }, clock(now)),
    ),
  );
}

function line(name: string, x1: number, x2: number, y: number): VNode {
  return h('line', { class: name, x1, x2, y1: y, y2: y });
}

function cursorLine(at: number, { from, to }: { from: number; to: number }): VNode {
  const x = (((at - from) / (to - from)) * WIDTH).toFixed(1);
  return h('line', { class: 'cursor', x1: x, x2: x, y1: 0, y2: HEIGHT });
}
