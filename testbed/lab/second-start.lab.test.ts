/** What an operator does by accident: starting Tandem where it runs; a balancer that hangs. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { labSettings } from '../drills/lab-place.ts';
import { edgeA, edgeB, originPlans, pairPlan, virtualAddress4 } from './address-plan.ts';
import type { AddressWatch } from './address-watch.ts';
import { Lab } from './lab.ts';
import { startNodeOrigin } from './stacks/origins.ts';
import { tandem, tandemCommand } from './stacks/tandem.ts';

let lab: Lab;
let watch: AddressWatch;

beforeEach(async () => {
  lab = await Lab.create({ hosts: pairPlan });
  await Promise.all(originPlans.map((plan) => startNodeOrigin(lab.host(plan.name))));
  watch = await lab.watch(virtualAddress4, [edgeA.name, edgeB.name]);
  await Promise.all(
    [edgeA, edgeB].map(({ name }) => tandem.start(lab.host(name), labSettings(100))),
  );
  await watch.until((holders) => holders.join() === edgeA.name, 20_000);
});
afterEach(() => lab.close());

test('a second start of anything on the Active host says so and moves nothing', async () => {
  const host = lab.host(edgeA.name);
  const before = watch.history.length;
  for (const command of [['run'], ['keepalive'], ['proxy'], ['keepalive', '--release']]) {
    const { status, stderr } = await host.attempt(tandemCommand(host, command));
    expect(status, command.join(' ')).toBe(1);
    expect(stderr).toMatch(/another tandem (keepalive|proxy) is running/);
    expect(stderr).not.toMatch(/defect/);
  }
  expect(watch.history.slice(before)).toEqual([]);
  expect(watch.holders).toEqual([edgeA.name]);
});

test('a frozen balancer loses the address, and gets it back when it runs again', async () => {
  const host = lab.host(edgeA.name);
  host.signal('SIGSTOP', tandem.halves.proxy);
  await watch.until((holders) => holders.join() === edgeB.name, 15_000);
  host.signal('SIGCONT', tandem.halves.proxy);
  await watch.until((holders) => holders.join() === edgeA.name, 15_000);
});
