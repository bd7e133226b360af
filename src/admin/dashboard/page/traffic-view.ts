/** The plots. Pure. */
import type { TrafficPoint } from '../snapshot.ts';
import { type Plot, plotView } from './plot.ts';
import { h, type VNode } from './vnode.ts';

const PLOTS: readonly Plot[] = [
  {
    title: 'Requests',
    unit: '/s',
    least: 10,
    series: [{ name: 'requests', look: 'a', value: ({ requests }) => requests }],
  },
  {
    title: 'Errors',
    unit: '/s',
    least: 1,
    series: [
      { name: '5xx', look: 'a', value: ({ errors5xx }) => errors5xx },
      { name: '4xx', look: 'b', value: ({ errors4xx }) => errors4xx },
    ],
  },
  {
    title: 'Latency',
    unit: 'ms',
    least: 1,
    series: [
      { name: 'p50', look: 'a', value: ({ p50Ms }) => p50Ms },
      { name: 'p99', look: 'b', value: ({ p99Ms }) => p99Ms },
    ],
  },
  {
    title: 'Connections',
    unit: '',
    least: 10,
    series: [
      { name: 'open', look: 'a', value: ({ open }) => open },
      { name: 'new/s', look: 'b', value: ({ accepted }) => accepted },
    ],
  },
];

/** `cursor`: the share of the time that somebody points at; null: nobody does. */
export function trafficView(
  points: readonly TrafficPoint[],
  at: { readonly now: number; readonly cursor: number | null },
): readonly VNode[] {
  return [
    h(
      'div',
      { class: 'plots' },
      PLOTS.map((plot) => plotView(plot, points, at)),
    ),
  ];
}
