import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TrackedScript } from '../../src/config/agent-config.ts';
import { scriptOutputCharsMax } from '../limits.ts';
import type { Clock } from '../ports.ts';
import { SimClock } from '../simulator/sim-clock.ts';
import { countResult, unknownHealth } from './check-health.ts';
import { ScriptTracker } from './script-tracker.ts';
import { weightEffect } from './tracker.ts';

const SCRIPT: TrackedScript = {
  name: 'check_origin',
  command: ['/usr/local/bin/check-origin', '--quick'],
  intervalMs: 1000,
  timeoutMs: 500,
  rise: 2,
  fall: 3,
  weight: -50,
};

describe('rise and fall', () => {
  const run = (results: string) => {
    let health = unknownHealth;
    for (const result of results) health = countResult(health, result === '+', SCRIPT);
    return health.verdict;
  };

  it('the first result decides alone', () => {
    expect(run('+')).toBe('passing');
    expect(run('-')).toBe('failing');
  });

  it('then it takes as many in a row as configured', () => {
    expect(run('+--')).toBe('passing');
    expect(run('+---')).toBe('failing');
    expect(run('+--+--')).toBe('passing');
    expect(run('-+')).toBe('failing');
    expect(run('-++')).toBe('passing');
    expect(run('-+-+')).toBe('failing');
  });

  it('a verdict always is that of the last run of results that was long enough', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), (results) => {
        const text = results.map((passed) => (passed ? '+' : '-')).join('');
        const last = [...text.matchAll(/\+{2,}|-{3,}/g)].at(-1)?.[0][0] ?? text[0];
        const streaks = text.match(/^(\+|-)/)?.[0];
        const expected = /\+{2,}|-{3,}/.test(text) ? last : streaks;
        expect(run(text)).toBe(expected === '+' ? 'passing' : 'failing');
      }),
    );
  });
});

it('the weight of a script counts as design 3 says', () => {
  expect(weightEffect(-50, false)).toEqual({ type: 'weight', weight: -50 });
  expect(weightEffect(-50, true)).toEqual({ type: 'none' });
  expect(weightEffect(50, true)).toEqual({ type: 'weight', weight: 50 });
  expect(weightEffect(50, false)).toEqual({ type: 'none' });
  expect(weightEffect(0, false)).toEqual({ type: 'fault' });
  expect(weightEffect(0, true)).toEqual({ type: 'none' });
});

describe('a tracked script', () => {
  const sim = () => {
    const world = new SimClock();
    const clock: Clock = { now: () => world.now, timer: (at, callback) => world.at(at, callback) };
    return { world, clock };
  };
  interface Run {
    readonly at: number;
    readonly command: readonly string[];
    readonly timeoutMs: number;
  }

  /** Runs scripts that take a while each, and notes when two would overlap. */
  function runner(world: SimClock, durations: readonly number[]) {
    const runs: Run[] = [];
    let running = 0;
    let overlapped = false;
    return {
      runs,
      overlapped: () => overlapped,
      run: async (command: readonly string[], timeoutMs: number) => {
        const durationMs = durations[runs.length % durations.length]!;
        runs.push({ at: world.now / 1000, command, timeoutMs });
        running += 1;
        overlapped ||= running > 1;
        await world.delay(durationMs * 1000);
        running -= 1;
        return { passed: true, output: 'x'.repeat(10_000), durationMs };
      },
      close: () => {},
    };
  }

  it('starts every interval, and later when it takes longer, but never twice at a time', async () => {
    const { world, clock } = sim();
    const scripts = runner(world, [100, 2_500, 300, 100]);
    const tracker = new ScriptTracker(SCRIPT, clock, scripts, () => {});
    tracker.start();
    await world.runUntil(6_000_000);
    expect(scripts.runs.map(({ at }) => at)).toEqual([0, 1000, 3500, 4500, 5500]);
    expect(scripts.runs[0]).toMatchObject({ command: SCRIPT.command, timeoutMs: 500 });
    expect(scripts.overlapped()).toBe(false);
    tracker.stop();
    await world.runUntil(60_000_000);
    expect(scripts.runs).toHaveLength(5);
  });

  it('keeps the last run, its output capped', async () => {
    const { world, clock } = sim();
    const tracker = new ScriptTracker(SCRIPT, clock, runner(world, [100]), () => {});
    tracker.start();
    await world.runUntil(400_000);
    const status = tracker.status(world.now);
    expect(status).toMatchObject({
      name: 'check_origin',
      verdict: 'passing',
      weight: -50,
      runs: 1,
      last: { passed: true, durationMs: 100, agoMs: 300 },
    });
    expect(status.last?.output).toHaveLength(scriptOutputCharsMax);
    tracker.stop();
  });

  it('that cannot be run at all has failed, and says why', async () => {
    const { world, clock } = sim();
    const changes: string[] = [];
    const tracker: ScriptTracker = new ScriptTracker(
      SCRIPT,
      clock,
      {
        run: async () => {
          world.settled();
          throw new Error('spawn /usr/local/bin/check-origin ENOENT');
        },
        close: () => {},
      },
      () => changes.push(tracker.reading().reason),
    );
    world.settled();
    tracker.start();
    await world.runUntil(100);
    expect(tracker.reading()).toMatchObject({
      kind: 'script',
      effect: { type: 'weight', weight: -50 },
    });
    expect(changes).toEqual(['failing, last run failed: spawn /usr/local/bin/check-origin ENOENT']);
    tracker.stop();
  });
});
