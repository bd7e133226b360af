/** Memory without and with many connections. */
import type { ConnectionsSummary } from '../memory/connections-summary.ts';
import { metrics } from '../metrics.ts';
import { perConnection } from '../tables.ts';
import { bar, colourOf, label, legend, line, niceStep, page, whisker } from './svg.ts';

const WIDTH = 820;
const LEFT = 30;
const RIGHT = 210;
const BAR = 22;
const MIB = 1024 * 1024;

/** Pale is the process without connections, full what they add. */
export function memoryPlot({ states }: ConnectionsSummary): string {
  const rows = states.flatMap((state) => state.rows);
  const most = Math.max(
    ...rows.map(({ baseBytes, growthBytes }) => baseBytes.median + growthBytes.max),
  );
  const width = WIDTH - LEFT - RIGHT;
  const scale = (bytes: number) => LEFT + (bytes / most) * width;
  const step = niceStep(most / MIB, 6) * MIB;
  const elements: string[] = [];
  let y = 70;
  for (const { state, connections, rows: lines } of states) {
    const count = metrics.requestsPerSecond.format(connections);
    elements.push(label(16, y, `${count} ${state} connections`));
    y += 24;
    const bottom = y + lines.length * BAR;
    for (let at = 0; at <= most; at += step) {
      elements.push(line(scale(at), y - 4, scale(at), bottom, 'line'));
      elements.push(label(scale(at), y - 8, `${at / MIB} MiB`, 'middle', 'faint'));
    }
    for (const { contender, baseBytes, growthBytes, perConnectionBytes } of lines) {
      const base = baseBytes.median;
      const colour = colourOf(contender);
      const end = base + growthBytes.median;
      elements.push(bar(scale(0), y, scale(base) - scale(0), BAR - 6, colour, 'base'));
      elements.push(bar(scale(base), y, scale(end) - scale(base), BAR - 6, colour));
      const [min, max] = [base + growthBytes.min, base + growthBytes.max];
      if (max > min) elements.push(whisker(scale(min), scale(max), y + BAR / 2 - 3));
      const growth = metrics.residentBytes.format(growthBytes.median);
      const text = `+${growth}, ${perConnection(perConnectionBytes.median)} each`;
      elements.push(label(scale(Math.max(end, max)) + 8, y + BAR - 9, text, 'start', 'faint'));
      y += BAR;
    }
    y += 36;
  }
  const title = 'Resident memory: the process (pale), and what connections add';
  const names = [...new Set(rows.map(({ contender }) => contender))];
  const head = [label(16, 24, title, 'start', 'title'), legend(16, 46, names)];
  return page(WIDTH, y - 10, title, [...head, ...elements]);
}
