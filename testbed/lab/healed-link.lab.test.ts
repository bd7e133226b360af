/** A better node whose cable is put back: clients must not meet a balancer that knows no origin yet. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { LabPlace } from '../drills/lab-place.ts';
import { soleHolder } from '../drills/place.ts';
import { stacks } from './stacks/index.ts';

let place: LabPlace | null = null;

afterEach(async () => {
  await place?.close();
  place = null;
});

test('after five seconds without its link the better node takes over without a single 503', async () => {
  place = await LabPlace.boot(stacks.tandem, 100);
  const [better, other] = place.edges;
  await soleHolder(place, better, 30_000);
  await place.cut(better);
  await soleHolder(place, other, 5_000);
  // Long enough for its balancer to take every origin for dead: two checks a second apart.
  await delay(5_000);
  const probe = await place.probe({ mode: 'http', port: 80, everyMs: 5, durationMs: 60_000 });
  await place.heal(better);
  await soleHolder(place, better, 20_000);
  await delay(2_000);
  const report = await probe.stop();
  expect(report.ok).toBeGreaterThan(300);
  expect(report.failures.wrong ?? 0, JSON.stringify(report.failures)).toBe(0);
  const log = place.lab.host(better).logTail('tandem', 400);
  expect(log).toMatch(/is down: /);
}, 120_000);
