import { describe, expect, it } from 'vitest';
import type { ProcessMatch } from '../../src/config/agent-config.ts';
import type { Clock } from '../ports.ts';
import { SimClock } from '../simulator/sim-clock.ts';
import { ProcessTracker, ProcessWatch } from './process-tracker.ts';

const s = 1_000_000;

/** Two trackers; a look takes `durationMs` and finds what `running` says then. */
function make(durationMs = 10) {
  const world = new SimClock();
  const clock: Clock = { now: () => world.now, timer: (at, callback) => world.at(at, callback) };
  const state = { running: [0, 0] as readonly number[], broken: false };
  const looks: number[] = [];
  let [changes, looking] = [0, 0];
  const scanner = {
    count: async (matches: readonly ProcessMatch[]) => {
      expect(matches).toEqual([{ name: 'postgres' }, { command: ['/bin/app', '-x'] }]);
      looks.push(world.now / s);
      looking += 1;
      expect(looking).toBe(1);
      await world.delay(durationMs * 1000);
      looking -= 1;
      if (state.broken) throw new Error('EMFILE');
      return state.running;
    },
  };
  const watch = new ProcessWatch(clock, scanner, () => {
    changes += 1;
  });
  const database = new ProcessTracker(
    { name: 'database', match: { name: 'postgres' }, quorum: 2, weight: 0 },
    watch,
  );
  const app = new ProcessTracker(
    { name: 'app', match: { command: ['/bin/app', '-x'] }, quorum: 1, weight: 20 },
    watch,
  );
  const start = () => {
    database.start();
    app.start();
  };
  return { world, state, looks, database, app, start, changes: () => changes };
}

describe('tracked processes', () => {
  it('pass while the quorum runs', async () => {
    const { world, state, database, app, start, changes } = make();
    expect(database.reading()).toEqual({
      kind: 'process',
      name: 'database',
      effect: { type: 'fault' },
      reason: 'nobody has looked yet',
    });
    state.running = [2, 1];
    start();
    await world.runUntil(s / 2);
    expect(database.reading()).toMatchObject({
      effect: { type: 'none' },
      reason: '2 running, 2 needed',
    });
    expect(app.reading().effect).toEqual({ type: 'weight', weight: 20 });
    expect(changes()).toBe(1);
    state.running = [1, 1];
    await world.runUntil(3.5 * s);
    expect(database.reading()).toMatchObject({
      effect: { type: 'fault' },
      reason: '1 running, 2 needed',
    });
    expect(changes()).toBe(2);
    database.stop();
    app.stop();
  });

  it('are looked for together, every second, and never twice at a time', async () => {
    const quick = make();
    quick.start();
    await quick.world.runUntil(3.5 * s);
    expect(quick.looks).toEqual([0, 1, 2, 3]);
    quick.database.stop();
    quick.app.stop();
    await quick.world.runUntil(10 * s);
    expect(quick.looks).toHaveLength(4);
    const slow = make(1_500);
    slow.start();
    await slow.world.runUntil(3.5 * s);
    expect(slow.looks).toEqual([0, 1.5, 3]);
    slow.database.stop();
  });

  it('keep their verdict when nobody can look, and say so', async () => {
    const { world, state, database, start } = make();
    state.running = [2, 1];
    start();
    await world.runUntil(s / 2);
    state.broken = true;
    await world.runUntil(1.5 * s);
    expect(database.reading()).toMatchObject({
      effect: { type: 'none' },
      reason: '2 running, 2 needed (cannot look: EMFILE)',
    });
    database.stop();
  });

  it('of a host without /proc count as not running', async () => {
    const world = new SimClock();
    const clock: Clock = { now: () => world.now, timer: (at, callback) => world.at(at, callback) };
    const watch = new ProcessWatch(clock, undefined, () => {});
    const tracker = new ProcessTracker(
      { name: 'app', match: { name: 'app' }, quorum: 1, weight: -9 },
      watch,
    );
    tracker.start();
    await world.runUntil(1000);
    expect(tracker.reading()).toMatchObject({
      effect: { type: 'weight', weight: -9 },
      reason: 'nobody has looked yet (cannot look: not on this host)',
    });
    tracker.stop();
  });
});
