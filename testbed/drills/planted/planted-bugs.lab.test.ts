/** Mistakes in the product are found by a drill: each is planted into a build, and one drill run on it. */
import { afterEach, expect, test } from 'vitest';
import { tandemOf } from '../../lab/stacks/tandem.ts';
import { drillNamed } from '../catalogue/index.ts';
import { LabPlace } from '../lab-place.ts';
import { runDrill } from '../run-drill.ts';
import { type PlantedBug, plant } from './planted-build.ts';

interface Case extends PlantedBug {
  readonly drill: string;
  /** The promise that is broken. */
  readonly what: string;
}

const cases: readonly Case[] = [
  {
    name: 'six adverts may be missing, not three',
    file: 'keepalive/virtual-router/timers.js',
    right: 'return 3 * intervalMicros + skewTime(',
    wrong: 'return 6 * intervalMicros + skewTime(',
    drill: 'crash-active',
    what: 'outage',
  },
  {
    name: 'a new holder announces nothing',
    file: 'keepalive/router-driver.js',
    right: 'network.announce(this.config.interface, address, virtualMacOf(this.config));',
    wrong: '',
    drill: 'cut-link',
    what: 'outage',
  },
  {
    name: 'a server that fails its checks stays in use',
    file: 'proxy/health/health-state.js',
    right: "failures >= rule.fall ? 'down' : 'up'",
    wrong: "failures >= rule.fall ? 'up' : 'up'",
    drill: 'origin-stalls',
    what: 'failing',
  },
];

let place: LabPlace | null = null;

afterEach(async () => {
  await place?.close();
  place = null;
});

test.each(cases)('$drill finds: $name', async ({ drill, what, ...bug }) => {
  using build = plant(bug);
  place = await LabPlace.boot(tandemOf(build.dist), 100);
  const result = await runDrill(place, drillNamed(drill), () => {});
  expect(result.error).toBeNull();
  expect(result.passed).toBe(false);
  const missed = result.promises.filter(({ kept }) => !kept);
  expect(missed.map((promise) => promise.what)).toContain(what);
  await place.close();
  place = null;
});

test('a bug is not planted where the code has become another', () => {
  const bug = { name: 'a', file: 'keepalive/agent.js', right: 'no such words', wrong: '' };
  expect(() => plant(bug)).toThrow('a: keepalive/agent.js has "no such words" 0 times, not once');
});
