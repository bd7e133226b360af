import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SERVERS_MAX } from '../shared/limits.ts';
import { type ServerWish, ServerWishes } from './server-wishes.ts';
import { serversOf } from './upstream.fixture.ts';

const wishes = fc.record({
  draining: fc.boolean(),
  weight: fc.option(fc.integer({ min: 0, max: 1000 })),
});

test('the last word about a server counts, and nothing is kept that is as in the file', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), wishes)), (orders) => {
      const all = new ServerWishes();
      const model = new Map<string, ServerWish>();
      for (const [identity, wish] of orders) {
        all.set(identity, wish);
        model.set(identity, wish);
      }
      for (const [identity, wish] of model) expect(all.of(identity)).toEqual(wish);
      expect(all.all.every(([, wish]) => wish.draining || wish.weight !== null)).toBe(true);
      expect(new ServerWishes(all.all).all).toEqual(all.all);
    }),
  );
});

test('a weight is applied, and a server without one is the same object', () => {
  const [server] = serversOf({ weight: 3 });
  const all = new ServerWishes([['a', { draining: true, weight: 8 }]]);
  expect(all.applied('a', server!)).toEqual({ ...server, weight: 8 });
  expect(all.applied('b', server!)).toBe(server);
});

test('there are at most as many as there may be servers', () => {
  const all = new ServerWishes();
  const wish = { draining: true, weight: null };
  for (let number = 0; number < SERVERS_MAX; number++) all.set(`${number}`, wish);
  expect(() => all.set('one more', wish)).toThrow(`more than ${SERVERS_MAX} servers`);
  all.set('7', { draining: false, weight: 2 });
  all.set('8', { draining: false, weight: null });
  all.set('one more', wish);
  expect(all.all.length).toBe(SERVERS_MAX);
});
