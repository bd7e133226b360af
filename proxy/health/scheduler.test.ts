import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CheckScheduler } from './scheduler.ts';
import { VirtualClock } from './virtual-clock.fixture.ts';

/** `random` that yields no jitter. */
const MIDDLE = () => 0.5;

function setUp(concurrentMax = 8, random: () => number = MIDDLE) {
  const clock = new VirtualClock();
  const scheduler = new CheckScheduler({ clock, random, concurrentMax });
  /** A task that lasts `durationMs` and notes when it began. */
  const task = (durationMs: number, starts: number[] = []) => {
    const run = () => {
      starts.push(clock.now());
      return durationMs === 0
        ? Promise.resolve()
        : new Promise<void>((resolve) => clock.after(durationMs, resolve));
    };
    return { run, starts };
  };
  return { clock, scheduler, task };
}

describe('CheckScheduler', () => {
  it('runs at once, then every interval from start to start', async () => {
    const { clock, scheduler, task } = setUp();
    const { run, starts } = task(30);
    scheduler.add('a', () => 100, run);
    expect(starts).toEqual([0]);
    await clock.advance(350);
    expect(starts).toEqual([0, 100, 200, 300]);
  });

  it('runs a hurried task now, or right after the run under way, and then in its interval', async () => {
    const { clock, scheduler, task } = setUp();
    const { run, starts } = task(30);
    scheduler.add('a', () => 100, run);
    await clock.advance(50);
    scheduler.hurry('a');
    await clock.advance(10);
    scheduler.hurry('a');
    scheduler.hurry('nobody');
    await clock.advance(190);
    expect(starts).toEqual([0, 50, 80, 180]);
    expect(clock.pending).toBe(1);
  });

  it('never overlaps a task with itself: a long run delays the next', async () => {
    const { clock, scheduler, task } = setUp();
    const { run, starts } = task(250);
    scheduler.add('a', () => 100, run);
    await clock.advance(800);
    expect(starts).toEqual([0, 250, 500, 750]);
  });

  it('spreads starts by the jitter, and no further', async () => {
    for (const [random, second] of [
      [0, 90],
      [0.5, 100],
      [0.9999999, 110],
    ] as const) {
      const { clock, scheduler, task } = setUp(8, () => random);
      const { run, starts } = task(0);
      scheduler.add('a', () => 100, run);
      await clock.advance(150);
      expect(starts[1]).toBeCloseTo(second, 3);
    }
  });

  it('stops a removed task, waiting for its time or for its turn', async () => {
    const { clock, scheduler, task } = setUp(1);
    const a = task(10);
    const b = task(10);
    scheduler.add('a', () => 100, a.run);
    scheduler.add('b', () => 100, b.run);
    scheduler.remove('b');
    await clock.advance(50);
    scheduler.remove('a');
    await clock.advance(500);
    expect([a.starts, b.starts]).toEqual([[0], []]);
    expect(clock.pending).toBe(0);
  });

  it('lets a replaced task begin at once', async () => {
    const { clock, scheduler, task } = setUp();
    const old = task(0);
    const next = task(0);
    scheduler.add('a', () => 100, old.run);
    await clock.advance(50);
    scheduler.add('a', () => 200, next.run);
    await clock.advance(250);
    expect([old.starts, next.starts]).toEqual([[0], [50, 250]]);
  });

  it('stop leaves no timer behind, even one of a run that ends later', async () => {
    const { clock, scheduler, task } = setUp();
    scheduler.add('idle', () => 100, task(0).run);
    scheduler.add('running', () => 100, task(70).run);
    await clock.advance(10);
    scheduler.stop();
    await clock.advance(1000);
    expect(clock.pending).toBe(0);
  });

  it('keeps to the bound, and starves nobody', async () => {
    const tasks = fc.array(
      fc.record({
        intervalMs: fc.integer({ min: 10, max: 100 }),
        lastsMs: fc.integer({ min: 0, max: 300 }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    const property = fc.asyncProperty(fc.integer({ min: 1, max: 4 }), tasks, async (max, each) => {
      const clock = new VirtualClock();
      const scheduler = new CheckScheduler({ clock, random: MIDDLE, concurrentMax: max });
      const ended = each.map(() => 0);
      let running = 0;
      each.forEach(({ intervalMs, lastsMs }, index) => {
        let alone = true;
        scheduler.add(
          `${index}`,
          () => intervalMs,
          async () => {
            expect(alone).toBe(true);
            alone = false;
            expect(++running).toBeLessThanOrEqual(max);
            await new Promise<void>((resolve) => clock.after(lastsMs, resolve));
            running--;
            alone = true;
            ended[index]!++;
          },
        );
      });
      const round = each.reduce((sum, { lastsMs }) => sum + lastsMs, 0);
      await clock.advance(3 * (round + 110));
      scheduler.stop();
      for (const count of ended) expect(count).toBeGreaterThanOrEqual(2);
    });
    await fc.assert(property, { numRuns: 25 });
  });
});
