import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SharedViews } from '../shared/shared-state.ts';
import { releaseWorker } from '../shared/totals.ts';
import { ServerPlaces } from './server-places.ts';
import { stateOf } from './upstream.fixture.ts';

const SLOT = 3;

function setUp(max: number, workers = 2) {
  const views = new SharedViews(stateOf(workers));
  const freed: number[] = [];
  const places = Array.from(
    { length: workers },
    (_, worker) => new ServerPlaces(max, views, worker, SLOT, () => freed.push(worker)),
  );
  const taken = () => views.serverPlaces[views.indexOf('serverPlaces', 0, SLOT)]!;
  return { views, places: places as [ServerPlaces, ServerPlaces], freed, taken };
}

/** Until the present turn of the event loop is over. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('ServerPlaces', () => {
  it('gives the last place to one of two workers', async () => {
    const { places, taken } = setUp(3);
    const [one, other] = places;
    for (const each of [one, other]) {
      expect(each.hold()).toBe(true);
      each.take();
    }
    expect(one.hold()).toBe(true);
    expect(other.hold()).toBe(false);
    one.take();
    expect(one.hold()).toBe(false);
    other.give();
    await turn();
    expect(taken()).toBe(2);
    expect(one.hold()).toBe(true);
  });

  it('takes back a place that was asked for and not used', async () => {
    const { places, taken } = setUp(1);
    expect(places[0].hold()).toBe(true);
    expect(places[1].hold()).toBe(false);
    await turn();
    expect(taken()).toBe(0);
    expect(places[1].hold()).toBe(true);
  });

  it('keeps the place of a request that ends for one that begins in the same turn', async () => {
    const { places, taken, freed } = setUp(1);
    places[0].hold();
    places[0].take();
    await turn();
    places[0].give();
    expect(places[1].hold()).toBe(false);
    places[0].take();
    await turn();
    expect(taken()).toBe(1);
    expect(freed).toEqual([]);
  });

  it('says when there is room, and lets it be used from there', async () => {
    const views = new SharedViews(stateOf());
    let served = 0;
    const places: ServerPlaces = new ServerPlaces(1, views, 0, SLOT, () => {
      while (served < 5 && places.hold()) {
        places.take();
        served++;
      }
    });
    places.hold();
    places.take();
    places.give();
    await turn();
    expect(served).toBe(1);
    expect(places.hold()).toBe(false);
  });

  it('counts who has not asked all the same', () => {
    const { places, taken } = setUp(1);
    places[0].take();
    places[0].take();
    expect(taken()).toBe(2);
    expect(places[1].hold()).toBe(false);
  });

  it('gives back what a worker had that died', async () => {
    const { places, views, taken } = setUp(4);
    for (let place = 0; place < 3; place++) {
      places[0].hold();
      places[0].take();
    }
    places[1].hold();
    places[1].take();
    // It dies with one request just over, and a place held for another.
    places[0].give();
    expect(taken()).toBe(4);
    releaseWorker(views, 0);
    expect(taken()).toBe(1);
  });

  it('never has more in hand than there are places, and loses none', async () => {
    const step = fc.record({ worker: fc.nat(2), begin: fc.boolean(), turn: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(step), async (max, steps) => {
        const { places, taken } = setUp(max, 3);
        const inHand = [0, 0, 0];
        for (const { worker, begin, turn: over } of steps) {
          const mine = places[worker]!;
          if (begin && mine.hold()) {
            mine.take();
            inHand[worker]!++;
          } else if (!begin && inHand[worker]! > 0) {
            mine.give();
            inHand[worker]!--;
          }
          expect(inHand[0]! + inHand[1]! + inHand[2]!).toBeLessThanOrEqual(max);
          expect(taken()).toBeLessThanOrEqual(max);
          if (over) await turn();
        }
        await turn();
        expect(taken()).toBe(inHand[0]! + inHand[1]! + inHand[2]!);
      }),
    );
  });
});
