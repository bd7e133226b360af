/** Draws a timeline: who held the address, what clients got, when the fault struck. Pure. */
import type { ProbeReport } from '../lab/probe-report.ts';
import type { ProbeMode } from '../lab/prober.ts';
import type { Timeline } from './drill.ts';

const WIDTH = 960;
const LEFT = 100;
const RIGHT = 20;
const ROW = 34;
const TRAFFIC = 64;
const TOP = 34;
const AXIS = 30;

/** What the pictures call the kinds of clients. */
export const modeNames: Readonly<Record<ProbeMode, string>> = {
  http: 'new conn.',
  keepalive: 'keep-alive',
  websocket: 'WebSocket',
  tcp: 'TCP',
  udp: 'UDP',
};

/** Escapes text for HTML and SVG, attributes included. */
export function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

/** A complete `<svg>` element. Times count from the first mark, or from the start without one. */
export function timelineSvg(timeline: Timeline): string {
  const scale = scaleOf(timeline);
  const trafficTop = TOP + timeline.edges.length * ROW;
  const height = trafficTop + timeline.probes.length * TRAFFIC + AXIS;
  const parts = [
    ...timeline.edges.map((edge, index) => edgeRow(timeline, edge, TOP + index * ROW, scale)),
    ...timeline.probes.map((report, index) =>
      trafficRow(report, trafficTop + index * TRAFFIC, scale),
    ),
    axis(timeline, height - AXIS, scale),
    ...timeline.marks.map((mark) => markLine(mark.atMs, mark.text, height - AXIS, scale)),
  ];
  return (
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="timeline" ` +
    `xmlns="http://www.w3.org/2000/svg">\n${parts.join('\n')}\n</svg>`
  );
}

type Scale = (atMs: number) => number;

function scaleOf({ fromMs, toMs }: Timeline): Scale {
  const perMs = (WIDTH - LEFT - RIGHT) / Math.max(1, toMs - fromMs);
  return (atMs) => LEFT + (Math.min(Math.max(atMs, fromMs), toMs) - fromMs) * perMs;
}

function edgeRow(timeline: Timeline, edge: string, top: number, scale: Scale): string {
  const bars = timeline.holdings
    .filter((holding) => holding.host === edge)
    .map(({ fromMs, toMs }) => {
      const width = Math.max(1, scale(toMs) - scale(fromMs)).toFixed(1);
      const title = `${edge} held the address for ${(toMs - fromMs).toFixed(0)} ms`;
      return (
        `<rect class="holds" x="${scale(fromMs).toFixed(1)}" y="${top + 7}" width="${width}" ` +
        `height="${ROW - 14}" rx="3"><title>${escapeXml(title)}</title></rect>`
      );
    });
  return [label(edge, top + ROW / 2), `${rule(top + ROW)}`, ...bars].join('\n');
}

function trafficRow(report: ProbeReport, top: number, scale: Scale): string {
  const { sliceMs, ok, failed } = report.slices;
  const most = Math.max(1, ...ok.map((count, index) => count + failed[index]!));
  const perCount = (TRAFFIC - 14) / most;
  const bottom = top + TRAFFIC - 6;
  const bars = ok.flatMap((count, index) => {
    const fromMs = report.startedAtMs + index * sliceMs;
    const x = scale(fromMs);
    const width = scale(fromMs + sliceMs) - x;
    if (width <= 0) return [];
    const bad = failed[index]!;
    return [
      bar('ok', x, bottom - count * perCount, width, count * perCount),
      bar('failed', x, bottom - (count + bad) * perCount, width, bad * perCount),
    ];
  });
  const gapFrom = report.longestGapFromMs;
  const gap = bar(
    'gap',
    scale(gapFrom),
    top + 4,
    scale(gapFrom + report.longestGapMs) - scale(gapFrom),
    TRAFFIC - 8,
  );
  return [label(modeNames[report.mode], top + TRAFFIC / 2), gap, ...bars, rule(top + TRAFFIC)].join(
    '\n',
  );
}

function bar(kind: string, x: number, y: number, width: number, height: number): string {
  if (height <= 0) return '';
  const box = [x, y, Math.max(0.5, width), height].map((number) => number.toFixed(1));
  return `<rect class="${kind}" x="${box[0]}" y="${box[1]}" width="${box[2]}" height="${box[3]}"/>`;
}

function axis({ fromMs, toMs, marks }: Timeline, top: number, scale: Scale): string {
  const zero = marks[0]?.atMs ?? fromMs;
  const step = stepFor(toMs - fromMs);
  const ticks: string[] = [];
  for (let at = Math.ceil((fromMs - zero) / step) * step; zero + at <= toMs; at += step) {
    const x = scale(zero + at).toFixed(1);
    ticks.push(`<text class="tick" x="${x}" y="${top + 18}">${at} ms</text>`);
    ticks.push(`<line class="tick" x1="${x}" x2="${x}" y1="${top}" y2="${top + 4}"/>`);
  }
  return ticks.join('\n');
}

/** A round number of milliseconds that gives six to twelve ticks. */
function stepFor(spanMs: number): number {
  const steps = [50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];
  return steps.find((step) => spanMs / step <= 12) ?? 300_000;
}

function markLine(atMs: number, text: string, bottom: number, scale: Scale): string {
  const x = scale(atMs);
  // Near the right edge the words go to the left of their line.
  const anchor = x > WIDTH * 0.6 ? 'end' : 'start';
  const shift = anchor === 'end' ? -6 : 6;
  return (
    `<line class="mark" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="12" y2="${bottom}"/>` +
    `<text class="mark" x="${(x + shift).toFixed(1)}" y="22" text-anchor="${anchor}">` +
    `${escapeXml(text)}</text>`
  );
}

function label(text: string, y: number): string {
  return `<text class="label" x="8" y="${y + 4}">${escapeXml(text)}</text>`;
}

function rule(y: number): string {
  return `<line class="rule" x1="0" x2="${WIDTH}" y1="${y}" y2="${y}"/>`;
}
