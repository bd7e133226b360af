import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Client, Departure } from './client.ts';
import { DepartingAddress, nextStageAt, shareToTell, stageAt } from './departing-address.ts';
import { ownFamily } from './drains.ts';
import { CENSUS_INTERVAL_MS, RESTED_MS } from './limits.ts';

const drains = fc
  .tuple(fc.nat(600_000), fc.nat(30_000))
  .map(([deadlineAt, politeMs]) => ({ address: '192.0.2.1', deadlineAt, politeMs }));

test('the stages come in their order, and the next one when it was said', () => {
  const order = ['serving', 'retire', 'leave', 'cut'];
  fc.assert(
    fc.property(drains, (drain) => {
      let now = drain.deadlineAt - drain.politeMs - 10_000;
      let stage = order.indexOf(stageAt(drain, now));
      expect(stage).toBe(0);
      for (;;) {
        const next = nextStageAt(drain, now);
        if (next === Number.POSITIVE_INFINITY) break;
        expect(next).toBeGreaterThan(now);
        expect(order.indexOf(stageAt(drain, next - (next - now) / 2))).toBe(stage);
        now = next;
        expect(order.indexOf(stageAt(drain, now))).toBeGreaterThan(stage);
        stage = order.indexOf(stageAt(drain, now));
      }
      expect(order[stage]).toBe('cut');
    }),
  );
});

test('all are told in the first half of the polite time, never many more at a time than must be', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 30_000 }), fc.nat(5000), (politeMs, clients) => {
      const drain = { address: '192.0.2.1', deadlineAt: politeMs, politeMs };
      let untold = clients;
      const atOnce = Math.ceil(clients / Math.ceil(politeMs / 2 / CENSUS_INTERVAL_MS));
      for (let now = 0; now < politeMs / 2; now += CENSUS_INTERVAL_MS) {
        const share = shareToTell(drain, now, untold);
        expect(share).toBeLessThanOrEqual(atOnce);
        untold -= share;
      }
      expect(untold).toBe(0);
      // Whoever comes later is told at once.
      expect(shareToTell(drain, politeMs * 0.9, 7)).toBe(7);
    }),
  );
});

test('an idle connection ends when it has rested, however soon one visit follows upon another', () => {
  const told: Departure[] = [];
  const depart = (departure: Departure) => told.push(departure);
  const client = { kind: 'idle', depart } as unknown as Client;
  const departing = new DepartingAddress({
    address: '192.0.2.1',
    deadlineAt: 2000,
    politeMs: 2000,
  });
  for (const now of [1490, 1505, 1510, 1490 + RESTED_MS]) {
    departing.begin(now, false);
    departing.client(client, 0);
    departing.end(now);
  }
  expect(told).toEqual(['retire', 'retire', 'retire', 'leave']);
});

test('an IPv4 address is one whatever socket has it', () => {
  expect(ownFamily('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(ownFamily('192.0.2.1')).toBe('192.0.2.1');
  expect(ownFamily('::ffff:0:1')).toBe('::ffff:0:1');
  expect(ownFamily('2001:db8::1')).toBe('2001:db8::1');
});
