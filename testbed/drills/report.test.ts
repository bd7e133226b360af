import { expect, test } from 'vitest';
import type { ProbeReport } from '../lab/probe-report.ts';
import type { DrillResult } from './drill.ts';
import { drillReport } from './html-report.ts';
import { junitReport } from './junit-report.ts';
import { resultTable, table, verdict } from './result-text.ts';
import { escapeXml, timelineSvg } from './timeline-svg.ts';

const probe: ProbeReport = {
  mode: 'http',
  startedAtMs: 1000,
  endedAtMs: 1200,
  attempts: 40,
  ok: 30,
  failed: 10,
  failures: { timeout: 10 },
  brokenConnections: 0,
  longestGapMs: 60,
  longestGapFromMs: 1050,
  gaps: [],
  latencyMs: { p50: 1, p99: 2, max: 3 },
  servers: { 'origin-1': 30 },
  slices: { sliceMs: 50, ok: [10, 0, 10, 10], failed: [0, 10, 0, 0] },
  latenessMs: 2,
  cutShort: false,
};

const result: DrillResult = {
  name: 'crash-active',
  fault: 'power <off> & out',
  expectation: 'the peer takes over',
  place: 'lab',
  stack: 'tandem',
  advertMs: 100,
  promises: [
    { what: 'outage', unit: 'ms', atMost: 400, value: 59.6, kept: true },
    { what: 'broken', unit: '', atMost: 0, value: 0, kept: true },
  ],
  objection: null,
  passed: true,
  error: null,
  measured: {
    outageMs: 59.6,
    takeoverMs: 50.2,
    convergedMs: 50.2,
    noHolderMs: 50.2,
    twoHoldersMs: 0,
    moves: 1,
    failingMs: 80,
    clients: {
      http: { attempts: 40, failed: 10, broken: 0, longestGapMs: 59.6 },
      tcp: { attempts: 10, failed: 2, broken: 8, longestGapMs: 70 },
    },
    latenessMs: 2,
  },
  faultAtMs: 1050,
  timeline: {
    fromMs: 1000,
    toMs: 1200,
    edges: ['edge-a', 'edge-b'],
    holdings: [
      { host: 'edge-a', fromMs: 1000, toMs: 1050 },
      { host: 'edge-b', fromMs: 1100, toMs: 1200 },
    ],
    marks: [{ atMs: 1050, text: 'power <off> & out' }],
    probes: [probe],
  },
};

test('a verdict says what was promised and what was measured', () => {
  expect(verdict(result)).toEqual({ text: 'outage 60 of 400 ms; broken 0 of 0', good: true });
  const slow = { ...result.promises[0]!, value: 512, kept: false };
  expect(verdict({ ...result, promises: [slow], passed: false })).toEqual({
    text: 'outage 512 of 400 ms MISSED',
    good: false,
  });
  const never = { ...slow, what: 'takeover', value: null };
  expect(verdict({ ...result, promises: [never], passed: false }).text).toBe(
    'takeover never MISSED',
  );
  expect(verdict({ ...result, objection: 'two answer', passed: false })).toEqual({
    text: 'MISSED: two answer',
    good: false,
  });
  expect(verdict({ ...result, error: 'no pair\nlogs', passed: false }).text).toBe(
    'failed: no pair',
  );
});

test('the table has a row per drill and aligned columns', () => {
  const failed = { ...result, name: 'cut-link', error: 'x', measured: null, passed: false };
  expect(resultTable([result, failed]).split('\n')).toEqual([
    'drill         outage  takeover  none/two  moves  failed  broken  late  result',
    'crash-active  60      50        50/0      1      12      8       2     kept: outage 60 of 400 ms; broken 0 of 0',
    'cut-link      -       -         -         -      -       -       -     NOT KEPT: failed: x',
  ]);
  expect(
    table([
      ['a', 'b'],
      ['long', 'c'],
    ]),
  ).toBe('a     b\nlong  c');
});

test('a CI server reads the same as JUnit', () => {
  const missed = { ...result, name: 'a"b', passed: false };
  const failed = { ...result, name: 'cut-link', error: 'x <y>', passed: false };
  const xml = junitReport([result, missed, failed]);
  expect(xml).toContain('<testsuite name="drills" tests="3" failures="1" errors="1">');
  expect(xml).toContain('classname="tandem.lab.100ms" name="crash-active" time="0.2"');
  expect(xml).toContain('name="a&quot;b"');
  expect(xml).toContain('<failure message="outage 60 of 400 ms; broken 0 of 0"/>');
  expect(xml).toContain('>x &lt;y&gt;</error>');
});

test('the picture shows who held the address, the traffic and the gap', () => {
  const svg = timelineSvg(result.timeline!);
  expect(svg.match(/class="holds"/g)).toHaveLength(2);
  expect(svg.match(/class="ok"/g)).toHaveLength(3);
  expect(svg.match(/class="failed"/g)).toHaveLength(1);
  expect(svg.match(/class="gap"/g)).toHaveLength(1);
  expect(svg).toContain('>0 ms<');
  expect(svg).not.toMatch(/NaN|Infinity|undefined|width="-/);
});

test('a picture without traffic or holders is still one', () => {
  const empty = { fromMs: 5, toMs: 5, edges: ['edge-a'], holdings: [], marks: [], probes: [] };
  expect(timelineSvg(empty)).not.toMatch(/NaN|Infinity/);
});

test('text from outside is escaped in the page', () => {
  const page = drillReport([{ ...result, name: 'a"b', error: '<script>' }]);
  expect(page).toContain('power &lt;off&gt; &amp; out');
  expect(page).toContain('id="a&quot;b-tandem-lab-100"');
  expect(page).not.toContain('<script>');
  expect(escapeXml(`<&>"'`)).toBe('&lt;&amp;&gt;&quot;&#39;');
});
