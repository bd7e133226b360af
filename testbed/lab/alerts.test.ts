/** The alert rules: each fires when it should, is quiet when it should be, and has its section in ALERTS.md. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { findProgram, labPath, lacks } from './requirements.ts';

const inRoot = (file: string) => new URL(`../../${file}`, import.meta.url).pathname;
const RULES = inRoot('monitoring/alerts.yaml');
const RULE_TESTS = inRoot('testbed/lab/alerts.promtool.yaml');
/** Rules of 12 hours are looked at every 15 s of theirs: seconds, and more on a machine that is busy. */
const PROMTOOL_TIMEOUT_MS = 120_000;

interface Rule {
  readonly alert: string;
  readonly labels: { readonly severity: string };
}

interface RuleTest {
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts?: readonly object[];
  }[];
}

const rules = (
  parse(readFileSync(RULES, 'utf8')) as { readonly groups: readonly { readonly rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);
const looks = (
  parse(readFileSync(RULE_TESTS, 'utf8')) as { readonly tests: readonly RuleTest[] }
).tests.flatMap((one) => one.alert_rule_test);

const names = rules.map(({ alert }) => alert);
const unable = lacks('tests of the alert rules', ['promtool']);

function promtool(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(findProgram('promtool')!, args, {
    env: { ...process.env, PATH: labPath() },
    encoding: 'utf8',
    timeout: PROMTOOL_TIMEOUT_MS,
  });
  return [status, stdout + stderr];
}

test('every rule has a section in ALERTS.md, in the same order, and no other one is there', () => {
  const page = readFileSync(inRoot('docs/ALERTS.md'), 'utf8');
  expect([...page.matchAll(/^## (Tandem\w+)$/gm)].map(([, name]) => name)).toEqual(names);
  for (const part of page.split(/^## /m).slice(1)) {
    for (const point of ['Clients', 'Look', 'Do', 'Read on']) {
      expect(part, part.split('\n')[0]).toContain(`**${point}**`);
    }
  }
});

test('every rule wakes somebody or waits for the day', () => {
  for (const { alert, labels } of rules) {
    expect(['critical', 'warning'], alert).toContain(labels.severity);
  }
});

test('every rule is seen to fire, and to be quiet', () => {
  const seen = (fires: boolean) =>
    new Set(
      looks
        .filter(({ exp_alerts }) => (exp_alerts ?? []).length > 0 === fires)
        .map(({ alertname }) => alertname),
    );
  expect(names.filter((name) => !seen(true).has(name))).toEqual([]);
  expect(names.filter((name) => !seen(false).has(name))).toEqual([]);
});

test.skipIf(unable)('promtool finds nothing in the rules', () => {
  const [status, text] = promtool('check', 'rules', '--lint=all', RULES);
  expect([status, text]).toEqual([0, expect.stringContaining(`${names.length} rules found`)]);
});

test.skipIf(unable)(
  'they fire when they should, and are quiet when they should be',
  {
    timeout: PROMTOOL_TIMEOUT_MS,
  },
  () => {
    expect(promtool('test', 'rules', RULE_TESTS)).toEqual([0, expect.stringContaining('SUCCESS')]);
  },
);
