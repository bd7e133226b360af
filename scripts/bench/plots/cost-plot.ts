/** CPU per request, connection or MiB by scenario and contender, with nginx as the measure. */
import { type MetricName, metrics } from '../metrics.ts';
import type { ScenarioSummary } from '../summary.ts';
import { bar, colourOf, label, legend, line, niceStep, page, whisker } from './svg.ts';

const WIDTH = 820;
const LEFT = 112;
const RIGHT = 150;
const TOP = 78;
const BAR = 13;
const GAP = 16;
/** What is longer is cut off; its figure stands beside it. */
const TIMES_MAX = 3;

/** What a scenario costs is told by. */
const COST: Readonly<Partial<Record<MetricName, MetricName>>> = {
  bytesPerCpuSecond: 'cpuPerMebibyteUs',
  requestsPerSecond: 'cpuPerRequestUs',
};
const UNIT: Readonly<Partial<Record<MetricName, string>>> = {
  cpuPerMebibyteUs: ' per MiB',
  cpuPerConnectionUs: ' per connection',
};

/** Null without a scenario. Each bar is a median, its whisker the lowest and the highest round. */
export function costPlot(scenarios: readonly ScenarioSummary[]): string | null {
  const groups = scenarios.flatMap(groupOf);
  if (groups.length === 0) return null;
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ max }) => max)));
  const longest = Math.min(most, TIMES_MAX);
  const width = WIDTH - LEFT - RIGHT;
  const scale = (value: number) => LEFT + (Math.min(value, longest) / longest) * width;
  const elements: string[] = [];
  let y = TOP;
  for (const { name, bars } of groups) {
    elements.push(label(LEFT - 10, y + (bars.length * BAR) / 2 + 4, name, 'end'));
    for (const { contender, median, min, max, text } of bars) {
      elements.push(bar(LEFT, y + 1, scale(median) - LEFT, BAR - 3, colourOf(contender)));
      if (max > min) elements.push(whisker(scale(min), scale(max), y + BAR / 2 - 0.5));
      elements.push(label(scale(max) + 8, y + BAR - 3, text, 'start', 'faint'));
      y += BAR;
    }
    y += GAP;
  }
  const names = [...new Set(groups.flatMap(({ bars }) => bars.map((one) => one.contender)))];
  const grid: string[] = [];
  const step = niceStep(longest, 6);
  for (let at = 0; at <= longest; at += step) {
    const decimals = step < 0.1 ? 2 : 1;
    grid.push(line(scale(at), TOP - 8, scale(at), y - GAP + 4, 'line'));
    grid.push(label(scale(at), TOP - 14, at.toFixed(decimals), 'middle', 'faint'));
  }
  grid.push(line(scale(1), TOP - 8, scale(1), y - GAP + 4, 'ink'));
  const title = `CPU per request, connection or MiB, in multiples of ${groups[0]!.measure}'s`;
  const head = [label(16, 24, title, 'start', 'title'), legend(16, 46, names)];
  const foot = label(
    16,
    y + 8,
    'less is better; whiskers: lowest and highest round',
    'start',
    'faint',
  );
  return page(WIDTH, y + 20, title, [...head, ...grid, ...elements, foot]);
}

function groupOf({ name, headline, rows }: ScenarioSummary) {
  const metric = COST[headline] ?? headline;
  // Where nginx cannot take part, the other one is the measure.
  const reference =
    rows.find(({ contender }) => contender === 'nginx') ??
    rows.find(({ contender }) => !contender.startsWith('tandem')) ??
    rows[0];
  if (reference === undefined) return [];
  const one = reference.figures[metric].median;
  const bars = rows.map(({ contender, figures }) => {
    const { median, min, max } = figures[metric];
    const text = metrics[metric].format(median) + (UNIT[metric] ?? '');
    return { contender, median: median / one, min: min / one, max: max / one, text };
  });
  return [{ name, measure: reference.contender, bars }];
}
