import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
}

interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string;
      readonly exp_alerts?: readonly unknown[];
    }[];
  }[];
}

const alerts = (parse(read('../../monitoring/alerts.yaml')) as Rules).groups.flatMap(({ rules }) =>
  rules.map(({ alert }) => alert),
);
const ruleTests = ['alerts', 'each-alert'].flatMap(
  (name) => (parse(read(`./${name}.promtool.yaml`)) as RuleTests).tests,
);
const namesIn = (fires: boolean) =>
  new Set(
    ruleTests
      .flatMap((one) => one.alert_rule_test)
      .filter(({ exp_alerts = [] }) => exp_alerts.length > 0 === fires)
      .map(({ alertname }) => alertname),
  );

test('every alert has a runbook, and no runbook is about an alert that is not there', () => {
  const headings = read('../../docs/ALERTS.md').match(/Tandem[A-Z]\w+(?=.*$)/gm) ?? [];
  expect([...new Set(headings)].sort()).toEqual([...alerts].sort());
});

test('promtool sees every alert fire', () => {
  expect(alerts.filter((alert) => !namesIn(true).has(alert))).toEqual([]);
});

test('promtool sees every alert silent where all is well, or nearly', () => {
  expect(alerts.filter((alert) => !namesIn(false).has(alert))).toEqual([]);
});
