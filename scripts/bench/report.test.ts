import { expect, test } from 'vitest';
import { pictures, reportMarkdown } from './report-markdown.ts';
import { reportText } from './report-text.ts';
import { fixture } from './summary.fixture.ts';
import { summarise } from './summary.ts';
import { ratioLegend, scenarioTable } from './tables.ts';

const summary = summarise(fixture.plan, fixture.run, fixture.machine);
const [plain, tcp] = summary.scenarios;

test('figures are medians with their spread', () => {
  const { figures } = plain!.rows[0]!;
  expect(figures.cpuPerRequestUs.median).toBeCloseTo(12.5);
  expect(figures.cpuPerRequestUs.max).toBeCloseTo(18);
  expect(figures.requestsPerSecond.median).toBe(50_000);
});

test('ratios compare ours with each of the others within a round', () => {
  expect(plain!.ratios.map(({ subject, other }) => [subject, other])).toEqual([
    ['tandem-uring', 'nginx'],
    ['tandem-uring', 'haproxy'],
  ]);
  const [nginx] = plain!.ratios;
  // 12/15, 18/24, 12.5/15.5
  expect(nginx!.median).toBeCloseTo(0.8);
  expect(nginx!.min).toBeCloseTo(0.75);
  expect(nginx!.max).toBeCloseTo(0.806, 3);
});

test('a table has the headline, the ratio, and the other figures with units', () => {
  const others = ['50,000', '900 µs', '2.35 ms'];
  expect(scenarioTable(plain!)).toEqual([
    [
      ...['proxy', 'CPU per request', 'tandem-uring ÷ this', 'requests/s', 'p50', 'p99'],
      ...['of its core', 'memory'],
    ],
    ['tandem-uring', '12.50 µs (12.00 µs – 18.00 µs)', '', ...others, '60 %', '12.0 MiB'],
    [
      'nginx (disturbed)',
      '15.50 µs (15.00 µs – 24.00 µs)',
      '0.80 (0.75 – 0.81)',
      ...others,
      '74 %',
      '12.0 MiB',
    ],
    [
      'haproxy',
      '16.00 µs (16.00 µs – 20.00 µs)',
      '0.78 (0.75 – 0.90)',
      ...others,
      '76 %',
      '12.0 MiB',
    ],
  ]);
});

test('where bytes count, they stand beside their cost, and the legend says that more is better', () => {
  expect(scenarioTable(tcp!)[0]).toContain('CPU per MiB');
  expect(tcp!.headline).toBe('bytesPerCpuSecond');
  expect(tcp!.ratios[0]!.median).toBeCloseTo(1.5);
  expect(ratioLegend(tcp!.headline)).toBe('above 1.00 is better');
  expect(ratioLegend(plain!.headline)).toBe('below 1.00 is better');
});

test('the text names machine, versions and who could not take part', () => {
  const text = reportText(summary);
  expect(text).toContain('Abacus 3000, 2 cores, Linux 6.1.0, Debian GNU/Linux 12');
  expect(text).toContain('tandem-uring 1.2.3; nginx 1.2.3; haproxy 1.2.3; wrk 4.1.0');
  expect(text).toContain('requests: 3 of 2 s; latency: 2 of 4 s; memory: 2;');
  expect(text).toContain('nginx is missing: it has no stream module');
  expect(text).toMatch(/^ {2}tandem-uring {3,}12\.50 µs/m);
});

test('the text has every part', () => {
  const text = reportText(summary);
  expect(text).toContain('35,000 requests/s for everybody: 70 % of the 50,000 at which nginx');
  expect(text).toContain('haproxy, a round that does not count: it was late.');
  // 1850 / 1000; two cores do 2 * 900 / 950.
  expect(text).toMatch(/tandem-uring +1,000 +1,850 +1\.85 +2\.00 +900 µs +950 µs +1\.89/);
  expect(text).toContain('nginx is missing: it may not');
  expect(text).toMatch(/hash +10\.45 µs .* {2}\+4\.5 % \(-1\.0 % – \+10\.0 %\)/);
  expect(text).toMatch(/tandem-uring +90\.0 MiB +20\.0 MiB \(18\.0 MiB – 22\.0 MiB\) +2\.0 KiB/);
});

test('the text warns of disturbed rows, and only then', () => {
  expect(reportText(summary)).toContain('disturbed');
  const calm = { ...summary, scenarios: [tcp!] };
  expect(reportText(calm)).not.toContain('disturbed');
});

test('every table in the Markdown has as many cells in each row as in its heading', () => {
  const markdown = reportMarkdown(summary);
  const tables = markdown.match(/(?:^\|.*\n)+/gm)!;
  expect(tables).toHaveLength(10);
  for (const table of tables) {
    const widths = table
      .trimEnd()
      .split('\n')
      .map((line) => line.split('|').length);
    expect(new Set(widths).size).toBe(1);
  }
});

test('the Markdown is a function of the summary: no date, no host name', () => {
  expect(reportMarkdown(summary)).toBe(reportMarkdown(structuredClone(summary)));
  expect(reportMarkdown(summary)).not.toMatch(/\b20\d\d-\d\d-\d\d\b/);
  expect(reportMarkdown(summary)).toContain('nginx is missing: it has no stream module.');
});

test('a run of one part says of the others that they were not measured, and shows no pictures of them', () => {
  const alone = summarise(
    { requests: null, latency: null, memory: null, workers: null, features: fixture.plan.features },
    { requests: null, latency: null, memory: null, workers: null, features: fixture.run.features },
    fixture.machine,
  );
  expect(Object.values(pictures(alone))).toEqual([null, null, null]);
  const markdown = reportMarkdown(alone);
  expect(markdown.split('Not measured in this run.')).toHaveLength(7);
  expect(markdown).not.toContain('.svg');
});
