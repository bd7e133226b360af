import { expect, test } from 'vitest';
import { sidelined } from './contenders/index.ts';
import { HELP, parseOptions, UsageError } from './options.ts';
import { scenarios } from './scenarios.ts';

const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
const planned = (args: readonly string[]) => parseOptions(args).plan;
const parts = (args: readonly string[]) =>
  Object.entries(planned(args))
    .filter(([, plan]) => plan !== null)
    .map(([name]) => name);

test('by default everybody runs everything', () => {
  const { plan, json, write } = parseOptions([]);
  expect(parts([])).toEqual(['requests', 'latency', 'memory', 'workers', 'features']);
  expect(names(plan.requests!.scenarios)).toEqual(names(scenarios));
  for (const part of [plan.requests!, plan.latency!, plan.memory!]) {
    const who = names(part.contenders);
    expect(who.slice(-3)).toEqual(['tandem-net', 'nginx', 'haproxy']);
  }
  expect({ json, write }).toEqual({ json: false, write: false });
});

/** Seconds of load, with half a second for starting each process. */
function secondsOf(args: readonly string[]): number {
  const { requests, latency, memory, workers, features } = planned(args);
  const warm = (plan: NonNullable<typeof requests>) =>
    plan.warmUp === 'every' ? 1 : 1 / plan.scenarios.length;
  const loads = (plan: typeof requests) =>
    (plan?.scenarios ?? [])
      .map(
        ({ bothEngines }) => plan!.contenders.length - (bothEngines ? 0 : plan!.sidelined.length),
      )
      .reduce((sum, count) => sum + count * (plan!.rounds + warm(plan!)) * plan!.seconds, 0);
  const latencySeconds = latency
    ? latency.contenders.length * (1 + latency.rounds * (latency.seconds + 1.5)) + 3
    : 0;
  const memorySeconds = memory
    ? memory.contenders.length * memory.rounds * 4.5 * (memory.connections.active > 0 ? 2 : 1)
    : 0;
  const workersSeconds = workers
    ? workers.contenders.length * 2 * 2 * (workers.rounds + 1) * workers.seconds
    : 0;
  const processes = [requests, latency, workers, workers, features]
    .map((plan) => plan?.contenders.length ?? 0)
    .reduce((sum, count) => sum + count, 0);
  const load = loads(requests) + loads(features);
  return load + latencySeconds + memorySeconds + workersSeconds + processes / 2;
}

test('the quick form takes about a minute, all of it at most nine', () => {
  expect(secondsOf(['--quick'])).toBeLessThan(65);
  expect(secondsOf([])).toBeLessThan(540);
  expect(names(planned(['--quick']).requests!.scenarios)).toContain('plain');
  expect(parts(['--quick'])).toEqual(['requests', 'latency', 'memory']);
});

test('rounds, seconds, scenarios and contenders can be chosen', () => {
  const args = ['--rounds', '7', '--seconds=2', '--scenario', 'tcp-1m', '--scenario', 'plain'];
  const all = [...args, '--contender', 'nginx', '--contender', 'tandem', '--json', '--write'];
  const { requests } = planned(all);
  expect(parts(all)).toEqual(['requests']);
  expect(requests!.rounds).toBe(7);
  expect(requests!.seconds).toBe(2);
  expect(names(requests!.scenarios)).toEqual(['plain', 'tcp-1m']);
  expect(names(requests!.contenders)).toEqual(['nginx', 'tandem']);
});

test('who is named takes part everywhere, whatever engine it has', () => {
  expect(planned([]).requests!.sidelined).toEqual(sidelined);
  expect(planned(['--contender', 'tandem-net']).requests!.sidelined).toEqual([]);
});

test('parts can be chosen', () => {
  expect(parts(['--part', 'memory', '--part', 'latency', '--quick'])).toEqual([
    'latency',
    'memory',
  ]);
  expect(planned(['--part', 'latency', '--seconds', '9', '--rounds', '4']).latency).toMatchObject({
    rounds: 4,
    seconds: 9,
  });
  expect(planned(['--part', 'memory', '--rounds', '4']).memory!.rounds).toBe(4);
});

test('a scenario left out of the quick form runs when it is named', () => {
  expect(names(planned(['--quick', '--scenario', 'tcp-1m']).requests!.scenarios)).toEqual([
    'tcp-1m',
  ]);
});

test.each([
  [['--scenario', 'plane'], 'no scenario is called plane; there are plain, browser'],
  [['--contender', 'apache'], 'no contender is called apache'],
  [['--part', 'heat'], 'no part is called heat; there are requests, latency'],
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
  for (const { name, title } of scenarios) expect(HELP).toMatch(`${name.padEnd(13)} ${title}`);
});

test('each feature runs beside Tandem without any, and plain requests are enough', () => {
  expect(parts(['--features'])).toEqual(['features']);
  const { features } = planned(['--features']);
  expect(names(features!.scenarios)).toEqual(['plain']);
  expect(names(features!.contenders)[0]).toBe('off');
  expect(names(features!.contenders)).toContain('access-log-json');
  const some = planned(['--features', '--contender', 'off', '--contender', 'hash']).features!;
  expect(names(some.contenders)).toEqual(['off', 'hash']);
  const others = planned(['--features', '--scenario', 'tls']).features!;
  expect(names(others.scenarios)).toEqual(['tls']);
});
