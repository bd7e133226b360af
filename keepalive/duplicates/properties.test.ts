/** Two hosts that both answer, as two pure machines and a network between them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PeerWord } from './rank.ts';
import {
  checkMicros,
  type DuplicateState,
  newDuplicateState,
  nextDuplicateDeadline,
} from './state.ts';
import { type DuplicateEvent, stepDuplicates } from './step.ts';

const ADDRESS = '198.51.100.100';
const trusting = { mayYield: true, partnerIsOther: false, wordNeeded: false };

interface Host {
  state: DuplicateState;
  readonly mac: string;
  yieldedAt: number | null;
}

interface World {
  readonly hosts: readonly [Host, Host];
  readonly queue: { at: number; to: 0 | 1; event: DuplicateEvent }[];
  readonly delayMicros: number;
  /** What a host has been told of both. */
  word(index: 0 | 1): PeerWord;
}

function makeHost(mac: string, intervalMicros: number): Host {
  const parameters = { ...trusting, intervalMicros };
  return { state: newDuplicateState(parameters), mac, yieldedAt: null };
}

/** One event at one host; what it asks, the other one answers while it holds. */
function apply(world: World, index: 0 | 1, event: DuplicateEvent, now: number): void {
  const [host, other] = [world.hosts[index], world.hosts[index === 0 ? 1 : 0]];
  const result = stepDuplicates(host.state, event, now);
  host.state = result.state;
  for (const action of result.actions) {
    if (action.type === 'yield') host.yieldedAt = now;
    if (action.type !== 'ask') continue;
    const at = now + 2 * world.delayMicros;
    if (action.partners)
      world.queue.push({ at, to: index, event: { type: 'partner', mac: other.mac } });
    if (!other.state.holding) continue;
    const claim = { type: 'claimed', mac: other.mac, address: ADDRESS } as const;
    world.queue.push({ at, to: index, event: claim });
  }
}

/** Lives until a time, in the order in which things are due. */
function live(world: World, until: number): void {
  for (let turns = 0; turns < 10_000; turns++) {
    const arrivals = world.queue.map(({ at }) => at);
    const deadlines = world.hosts.flatMap(({ state }) => nextDuplicateDeadline(state) ?? []);
    const now = Math.min(...arrivals, ...deadlines);
    if (!(now <= until)) return;
    for (const item of world.queue.filter(({ at }) => at === now)) {
      world.queue.splice(world.queue.indexOf(item), 1);
      apply(world, item.to, item.event, now);
    }
    for (const index of [0, 1] as const) {
      const due = nextDuplicateDeadline(world.hosts[index].state) ?? now + 1;
      if (due <= now)
        apply(world, index, { type: 'tick', hearing: false, word: world.word(index) }, now);
    }
  }
  throw new Error('it never comes to rest');
}

const setup = fc.record({
  intervalMicros: fc.constantFrom(10_000, 50_000, 100_000, 1_000_000),
  /** One way; of the least time between two checks both ways are well below a half. */
  delayMicros: fc.integer({ min: 10, max: 3_000 }),
  faulted: fc.tuple(fc.boolean(), fc.boolean()),
  greater: fc.constantFrom<0 | 1>(0, 1),
  /** Null: the agents are not connected. */
  priorities: fc.option(
    fc.tuple(fc.integer({ min: 1, max: 254 }), fc.integer({ min: 1, max: 254 })),
  ),
  claimsAt: fc.integer({ min: 2_000_000, max: 12_000_000 }),
});

it('of two that both answer exactly one gives way, in time, and the right one', () => {
  fc.assert(
    fc.property(
      setup,
      ({ intervalMicros, delayMicros, faulted, greater, priorities, claimsAt }) => {
        const macs = greater === 0 ? (['02:ff', '02:00'] as const) : (['02:00', '02:ff'] as const);
        const hosts = [
          makeHost(macs[0], intervalMicros),
          makeHost(macs[1], intervalMicros),
        ] as const;
        const told = (index: 0 | 1) =>
          priorities && { own: priorities[index], other: priorities[index === 0 ? 1 : 0] };
        const world: World = { hosts, queue: [], delayMicros, word: told };
        apply(world, 0, { type: 'holding', mac: macs[0], faulted: faulted[0] }, 0);
        live(world, claimsAt - 1);
        // The second one claims, and announces it.
        apply(world, 1, { type: 'holding', mac: macs[1], faulted: faulted[1] }, claimsAt);
        const announced = { type: 'claimed', mac: macs[1], address: ADDRESS } as const;
        world.queue.push({ at: claimsAt + delayMicros, to: 0, event: announced });
        const boundMicros = intervalMicros + 8 * checkMicros(hosts[0].state.parameters);
        live(world, claimsAt + boundMicros + 10 * delayMicros);
        const gaveWay = hosts.map(({ yieldedAt }) => yieldedAt !== null);
        const blind = faulted[0] === faulted[1] ? 1 - greater : faulted[0] ? 0 : 1;
        const known = priorities !== null && priorities[0] !== priorities[1];
        const expected = known ? (priorities[0] < priorities[1] ? 0 : 1) : blind;
        expect(gaveWay).toEqual([expected === 0, expected === 1]);
        // And it stays so: whoever gave way finds the other, and the other nobody.
        live(world, claimsAt + 30_000_000);
        expect(hosts.map(({ state }) => state.holding)).toEqual(gaveWay.map((gave) => !gave));
      },
    ),
  );
});

const mac = fc.constantFrom('02:01', '02:02', '02:03', '02:04');
const event: fc.Arbitrary<DuplicateEvent> = fc.oneof(
  fc.record({
    type: fc.constant('holding' as const),
    mac: fc.constant('02:00'),
    faulted: fc.boolean(),
  }),
  fc.record({ type: fc.constant('released' as const), out: fc.boolean() }),
  fc.record({ type: fc.constant('claimed' as const), mac, address: fc.constant(ADDRESS) }),
  fc.record({ type: fc.constant('partner' as const), mac }),
  fc.record({ type: fc.constant('doubt' as const) }),
  fc.record({
    type: fc.constant('tick' as const),
    hearing: fc.boolean(),
    word: fc.oneof(
      fc.constantFrom<PeerWord>(null, 'not-active'),
      fc.record({ own: fc.nat(254), other: fc.nat(254) }),
    ),
  }),
);

it('whatever happens, memory is bounded, no deadline stays due, and announcements are rare', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(event, fc.integer({ min: 0, max: 400_000 })), { maxLength: 300 }),
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      (events, mayYield, partnerIsOther, wordNeeded) => {
        const parameters = { intervalMicros: 100_000, mayYield, partnerIsOther, wordNeeded };
        let state = newDuplicateState(parameters);
        let now = 0;
        let defendedAt = Number.NEGATIVE_INFINITY;
        for (const [next, pause] of events) {
          now += pause;
          const result = stepDuplicates(state, next, now);
          state = result.state;
          expect(state.rivals.length).toBeLessThanOrEqual(8);
          expect(state.partners.length).toBeLessThanOrEqual(8);
          if (next.type === 'tick')
            expect(nextDuplicateDeadline(state) ?? now + 1).toBeGreaterThan(now);
          if (!state.holding && state.yieldedTo === null)
            expect(nextDuplicateDeadline(state)).toBeNull();
          for (const { type } of result.actions) {
            if (type === 'yield') expect(mayYield).toBe(true);
            if (type === 'yield' || type === 'answers') {
              expect(state.word).not.toBe('not-active');
              if (wordNeeded) expect(state.word).not.toBeNull();
            }
            if (type !== 'defend') continue;
            expect(now - defendedAt).toBeGreaterThanOrEqual(10_000_000);
            defendedAt = now;
          }
        }
      },
    ),
  );
});

it('the answers of a partner that says it is at fault, or not Active, keep nobody back', () => {
  const heardAfter = (word: PeerWord, wordNeeded = false) => {
    const parameters = { ...trusting, wordNeeded, intervalMicros: 100_000 };
    const yielded = { ...newDuplicateState(parameters), yieldedTo: '02:ff', partners: ['02:ff'] };
    const claim = { type: 'claimed', mac: '02:ff', address: ADDRESS } as const;
    const told = stepDuplicates(yielded, { type: 'tick', hearing: false, word }, 0).state;
    return stepDuplicates(told, claim, 1).actions.map(({ type }) => type);
  };
  expect(heardAfter(null)).toEqual(['answers']);
  expect(heardAfter(null, true)).toEqual([]);
  expect(heardAfter('not-active')).toEqual([]);
  expect(heardAfter({ own: 100, other: 200 }, true)).toEqual(['answers']);
  expect(heardAfter({ own: 200, other: 100 })).toEqual(['answers']);
  expect(heardAfter({ own: 100, other: 2 })).toEqual([]);
  expect(heardAfter({ own: 1, other: 2 })).toEqual(['answers']);
});
