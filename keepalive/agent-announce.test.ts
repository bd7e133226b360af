/** When a virtual address is announced (RFC 9568 sections 8.1.2 and 8.2.2). */
import { afterEach, expect, it } from 'vitest';
import { SimPair } from './simulator/sim-pair.case.ts';

const ms = 1000;

let pair: SimPair;
afterEach(() => pair.stop());

it('an address is announced only once the kernel has it, and not when it is given up before', async () => {
  pair = new SimPair();
  pair.startHost(pair.a);
  await pair.until(pair.a, 'Active', 400 * ms);
  // The kernel takes half a millisecond for an address.
  expect([pair.holders(), pair.announcements]).toEqual([[], []]);
  await pair.run(ms);
  expect([pair.holders(), pair.announcements]).toEqual([['a'], ['a']]);

  pair.startHost(pair.b);
  await pair.run(100 * ms);
  pair.a.kill();
  await pair.until(pair.b, 'Active', 400 * ms);
  const before = pair.announcements.length;
  pair.b.setLink('down');
  await pair.run(5 * ms);
  expect(pair.announcements.length).toBe(before);
});
