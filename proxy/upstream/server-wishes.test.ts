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
        all.set([[identity, wish]]);
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
  const named = Array.from({ length: SERVERS_MAX }, (_, number) => [`${number}`, wish] as const);
  all.set(named.slice(1));
  const refused = () => all.set([named[0]!, ['one more', wish]]);
  expect(refused).toThrow(`more than ${SERVERS_MAX} servers`);
  expect(all.all).toEqual(named.slice(1));
  all.set([
    ['7', { draining: false, weight: 2 }],
    ['8', { draining: false, weight: null }],
  ]);
  refused();
  expect(all.all.length).toBe(SERVERS_MAX);
});
