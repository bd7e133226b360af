import { expect, test } from 'vitest';
import { HELP, parseOptions, UsageError } from './options.ts';
import { scenarios } from './scenarios.ts';

const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

test('by default everybody runs everything', () => {
  const { plan, json, write } = parseOptions([]);
  expect(names(plan.scenarios)).toEqual(names(scenarios));
  expect(names(plan.contenders)).toEqual(['tandem', 'nginx', 'haproxy']);
  expect({ json, write }).toEqual({ json: false, write: false });
});

test('the quick form takes less than a minute of load', () => {
  const { plan } = parseOptions(['--quick']);
  const rounds = plan.scenarios.length * plan.rounds + 1;
  expect(rounds * plan.contenders.length * plan.seconds).toBeLessThan(55);
  expect(names(plan.scenarios)).toContain('plain');
});

test('rounds, seconds, scenarios and contenders can be chosen', () => {
  const args = ['--rounds', '7', '--seconds=2', '--scenario', 'tcp-1m', '--scenario', 'plain'];
  const { plan } = parseOptions([...args, '--contender', 'nginx', '--json', '--write']);
  expect(plan.rounds).toBe(7);
  expect(plan.seconds).toBe(2);
  expect(names(plan.scenarios)).toEqual(['plain', 'tcp-1m']);
  expect(names(plan.contenders)).toEqual(['nginx']);
});

test('a scenario left out of the quick form runs when it is named', () => {
  expect(names(parseOptions(['--quick', '--scenario', 'tcp-1m']).plan.scenarios)).toEqual([
    'tcp-1m',
  ]);
});

test.each([
  [['--scenario', 'plane'], 'no scenario is called plane; there are plain, browser'],
  [['--contender', 'apache'], 'no contender is called apache'],
  [['--rounds', '0'], '--rounds is 0; it takes a whole number from 1 to 101'],
  [['--rounds', '1.5'], '--rounds is 1.5'],
  [['--seconds', 'x'], '--seconds is x'],
  [['--fast'], "Unknown option '--fast'"],
  [['plain'], 'Unexpected argument'],
])('%j is refused with what is allowed', (args, message) => {
  expect(() => parseOptions(args)).toThrow(UsageError);
  expect(() => parseOptions(args)).toThrow(message);
});

test('the help names every scenario', () => {
  for (const { name, title } of scenarios) expect(HELP).toMatch(`${name.padEnd(12)} ${title}`);
});

test('each feature runs beside Tandem without any, and plain requests are enough', () => {
  const { plan, features } = parseOptions(['--features']);
  expect(features).toBe(true);
  expect(names(plan.scenarios)).toEqual(['plain']);
  expect(names(plan.contenders)[0]).toBe('off');
  expect(names(plan.contenders)).toContain('access-log-json');
  const some = parseOptions(['--features', '--contender', 'off', '--contender', 'hash']).plan;
  expect(names(some.contenders)).toEqual(['off', 'hash']);
});
