/** One HTML page for a set of drills: a table and a picture each, no script, no other file. Pure. */
import type { ProbeMode } from '../lab/prober.ts';
import { sumOf } from './bounds.ts';
import type { DrillResult } from './drill.ts';
import { verdict } from './result-text.ts';
import { escapeXml, modeNames, timelineSvg } from './timeline-svg.ts';

const STYLE = `
  :root { color-scheme: light dark; --text: #1c2330; --soft: #66707f; --line: #d8dde5;
          --paper: #fff; --holds: #2f6fde; --ok: #3d9a5f; --failed: #d43f3f; --gap: #f6c9c9; }
  @media (prefers-color-scheme: dark) {
    :root { --text: #e6e9ef; --soft: #98a2b3; --line: #333b48; --paper: #14181f;
            --holds: #5b93f5; --ok: #4db377; --failed: #ef6a6a; --gap: #552a2d; } }
  body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--paper);
         max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; }
  p.soft, td.soft { color: var(--soft); }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
  td.number, th.number { text-align: right; }
  .good { color: var(--ok); } .bad { color: var(--failed); font-weight: 600; }
  svg { width: 100%; height: auto; } svg text { fill: var(--text); font-size: 12px; }
  svg .tick { fill: var(--soft); stroke: none; text-anchor: middle; font-size: 11px; }
  svg line.tick, svg line.rule { stroke: var(--line); }
  svg .holds { fill: var(--holds); } svg .ok { fill: var(--ok); } svg .failed { fill: var(--failed); }
  svg .gap { fill: var(--gap); } svg line.mark { stroke: var(--failed); stroke-dasharray: 4 3; }
  pre { overflow: auto; border: 1px solid var(--line); padding: .6rem; font-size: 12px; }
`;

/** What the colours of the pictures mean, as a paragraph. */
export const pictureLegend =
  '<p class="soft">Blue: the host holds the address. Green: answers, red: requests that got none ' +
  '(drawn where they were due). Pale red: the longest time without an answer.</p>';

/** A complete page. `body` is HTML; everything else is escaped here. */
export function htmlPage(title: string, body: string): string {
  return (
    `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n` +
    `<meta name="viewport" content="width=device-width, initial-scale=1">\n` +
    `<title>${escapeXml(title)}</title>\n<style>${STYLE}</style>\n</head>\n` +
    `<body>\n<h1>${escapeXml(title)}</h1>\n${body}\n</body>\n</html>\n`
  );
}

/** The page of a set of drills. */
export function drillReport(results: readonly DrillResult[]): string {
  const rows = results.map((result) => {
    const { text, good } = verdict(result);
    const cells = [
      `<td><a href="#${anchor(result)}">${escapeXml(result.name)}</a></td>`,
      `<td class="soft">${escapeXml(`${result.stack}, ${result.place}, ${result.advertMs} ms`)}</td>`,
      `<td class="number">${number(result.measured?.outageMs)}</td>`,
      `<td class="number">${number(result.measured?.takeoverMs)}</td>`,
      `<td class="number">${result.measured === null ? '–' : sumOf(result.measured, 'failed')}</td>`,
      `<td class="number">${result.measured === null ? '–' : sumOf(result.measured, 'broken')}</td>`,
      `<td class="${good ? 'good' : 'bad'}">${escapeXml(text)}</td>`,
    ];
    return `<tr>${cells.join('')}</tr>`;
  });
  const head =
    '<tr><th>drill</th><th>where</th><th class="number">outage, ms</th>' +
    '<th class="number">takeover, ms</th><th class="number">failed</th>' +
    '<th class="number">broken</th><th>result</th></tr>';
  const table = `<table>\n${head}\n${rows.join('\n')}\n</table>`;
  const sections = results.map(section).join('\n');
  return htmlPage('Failover drills', `${table}\n${pictureLegend}\n${sections}`);
}

function section(result: DrillResult): string {
  const heading = `${result.name} — ${result.stack}, ${result.advertMs} ms adverts, ${result.place}`;
  const words = `${result.fault}; expected: ${result.expectation}.`;
  const picture = result.timeline === null ? '' : timelineSvg(result.timeline);
  const error = result.error === null ? '' : `<pre>${escapeXml(result.error)}</pre>`;
  return (
    `<h2 id="${anchor(result)}">${escapeXml(heading)}</h2>\n` +
    `<p class="soft">${escapeXml(words)}</p>\n${error}${picture}${clientTable(result)}`
  );
}

function clientTable({ measured }: DrillResult): string {
  if (measured === null) return '';
  const rows = Object.entries(measured.clients).map(([mode, felt]) => {
    const figures = [felt.attempts, felt.failed, felt.broken, felt.longestGapMs.toFixed(0)];
    const cells = figures.map((figure) => `<td class="number">${figure}</td>`).join('');
    return `<tr><td>${modeNames[mode as ProbeMode]}</td>${cells}</tr>`;
  });
  const heads = ['attempts', 'failed', 'broken', 'longest gap, ms'];
  const head = heads.map((text) => `<th class="number">${text}</th>`).join('');
  return `\n<table>\n<tr><th>clients</th>${head}</tr>\n${rows.join('\n')}\n</table>`;
}

function anchor({ name, stack, place, advertMs }: DrillResult): string {
  return escapeXml([name, stack, place, advertMs].join('-'));
}

function number(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : value.toFixed(0);
}
