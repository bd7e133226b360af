import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BreakerEvent,
  type BreakerRule,
  type BreakerState,
  CLOSED,
  EJECTIONS_MAX,
  ejectedMax,
  FAILURES_MAX,
  isQuiet,
  openMs,
  packBreaker,
  phaseOf,
  stepBreaker,
  TRIALS_MAX,
  unpackBreaker,
} from './circuit-breaker.ts';
import { NginxPeer } from './nginx-peer.fixture.ts';

const EVENTS: readonly BreakerEvent[] = [
  'failed',
  'failed_spared',
  'succeeded',
  'picked_late',
  'trial',
  'trial_lost',
  'rested',
  'renewed',
  'outlying',
  'spared',
  'forgiven',
  'restored',
];
const OUTLIER: BreakerRule = { failuresMax: 3, windowMs: 0, trials: 2 };
const NGINX: BreakerRule = { failuresMax: 3, windowMs: 10_000, trials: 1 };

function run(rule: BreakerRule, ...events: BreakerEvent[]): BreakerState {
  return events.reduce((state, event) => stepBreaker(state, event, rule), CLOSED);
}

const states: fc.Arbitrary<BreakerState> = fc.record({
  phase: fc.constantFrom('closed', 'open', 'half_open'),
  failures: fc.nat(FAILURES_MAX),
  quiet: fc.boolean(),
  trials: fc.nat(TRIALS_MAX),
  passes: fc.nat(TRIALS_MAX),
  ejections: fc.nat(EJECTIONS_MAX),
});
const rules: fc.Arbitrary<BreakerRule> = fc.record({
  failuresMax: fc.nat(5),
  windowMs: fc.constantFrom(0, 10_000),
  trials: fc.integer({ min: 1, max: 4 }),
});

describe('stepBreaker', () => {
  it('opens after so many failures in a row, and any success between starts the count again', () => {
    expect(run(OUTLIER, 'failed', 'failed').phase).toBe('closed');
    expect(run(OUTLIER, 'failed', 'failed', 'succeeded', 'failed', 'failed').phase).toBe('closed');
    expect(run(OUTLIER, 'failed', 'failed', 'failed')).toMatchObject({
      phase: 'open',
      ejections: 1,
    });
  });

  it('gives out so many trials and no more, and closes when they have passed', () => {
    const half = run(OUTLIER, 'failed', 'failed', 'failed', 'rested');
    const both = stepBreaker(stepBreaker(half, 'trial', OUTLIER), 'trial', OUTLIER);
    expect(both).toMatchObject({ phase: 'half_open', trials: 2 });
    expect(stepBreaker(both, 'trial', OUTLIER)).toBe(both);
    const one = stepBreaker(both, 'succeeded', OUTLIER);
    expect(one).toMatchObject({ phase: 'half_open', passes: 1 });
    expect(stepBreaker(one, 'succeeded', OUTLIER)).toEqual({ ...CLOSED, ejections: 1 });
  });

  it('opens again when a trial fails, and grants another when one never ends', () => {
    const half = run(OUTLIER, 'failed', 'failed', 'failed', 'rested', 'trial', 'trial');
    expect(stepBreaker(half, 'failed', OUTLIER)).toMatchObject({ phase: 'open', ejections: 2 });
    expect(stepBreaker(half, 'renewed', OUTLIER)).toMatchObject({ phase: 'half_open', trials: 0 });
  });

  it('spares a server when too many are out', () => {
    const spared = run(OUTLIER, 'failed_spared', 'failed_spared', 'failed_spared', 'failed_spared');
    expect(spared).toMatchObject({ phase: 'closed', failures: 4 });
    expect(stepBreaker(spared, 'failed', OUTLIER).phase).toBe('open');
    expect(run(OUTLIER, 'outlying', 'spared')).toEqual(CLOSED);
  });

  it('changes phase only along the picture, whatever comes', () => {
    const allowed = ['closed open', 'open half_open', 'half_open open', 'half_open closed'];
    fc.assert(
      fc.property(states, rules, fc.constantFrom(...EVENTS), (state, rule, event) => {
        const next = stepBreaker(state, event, rule);
        if (event === 'restored' || event === 'spared') return;
        if (next.phase !== state.phase) expect(allowed).toContain(`${state.phase} ${next.phase}`);
      }),
    );
  });

  it('keeps every number within its bits, so that packing loses nothing', () => {
    fc.assert(
      fc.property(states, (state) => {
        const word = packBreaker(state);
        expect(word | 0).toBe(word);
        expect(unpackBreaker(word)).toEqual(state);
        expect(phaseOf(word)).toBe(state.phase);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS)), rules, (events, rule) => {
        const state = run(rule, ...events);
        expect(unpackBreaker(packBreaker(state))).toEqual(state);
        expect(Object.values(state).every((value) => typeof value !== 'number' || value >= 0)).toBe(
          true,
        );
        const idle = stepBreaker(state, 'succeeded', rule) === state;
        if (isQuiet(packBreaker(state))) expect(idle).toBe(true);
      }),
    );
  });

  it('never begins more trials than the rule says between two grants', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...EVENTS), { maxLength: 60 }),
        rules,
        (events, rule) => {
          let state = CLOSED;
          let begun = 0;
          for (const event of events) {
            const next = stepBreaker(state, event, rule);
            if (event === 'rested' || event === 'renewed') begun = 0;
            if (event === 'trial' && next !== state) begun++;
            if (event === 'trial_lost' && next !== state) begun--;
            expect(begun).toBeLessThanOrEqual(rule.trials);
            state = next;
          }
        },
      ),
    );
  });
});

describe('under the rules of max_fails and fail_timeout', () => {
  const FAIL_TIMEOUT = 10;
  /** Seconds to wait before the next thing happens, and what it is. */
  const steps = fc.array(
    fc.tuple(fc.constantFrom(0, 1, 5, 10, 11, 25), fc.constantFrom('pass', 'fail')),
    { maxLength: 40 },
  );

  it('gives a server work exactly when nginx does', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (script, maxFails) => {
        const rule = { ...NGINX, failuresMax: maxFails };
        const nginx = new NginxPeer(maxFails, FAIL_TIMEOUT);
        let state = CLOSED;
        let lastFailureAt = 0;
        let lastTrialAt = 0;
        let now = 1000;
        for (const [wait, outcome] of script) {
          now += wait;
          if (state.phase === 'open' && now - lastFailureAt > FAIL_TIMEOUT) {
            state = stepBreaker(state, 'rested', rule);
          }
          if (state.phase === 'half_open' && now - lastTrialAt > FAIL_TIMEOUT) {
            state = stepBreaker(state, 'renewed', rule);
          }
          const trial = stepBreaker(state, 'trial', rule);
          const taken = state.phase === 'closed' || trial !== state;
          expect(taken).toBe(nginx.pick(now));
          if (!taken) continue;
          if (trial !== state) lastTrialAt = now;
          state = trial;
          if (now - lastFailureAt > FAIL_TIMEOUT) state = stepBreaker(state, 'picked_late', rule);
          nginx.over(outcome === 'fail', now);
          if (outcome === 'fail') lastFailureAt = now;
          state = stepBreaker(state, outcome === 'fail' ? 'failed' : 'succeeded', rule);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('adds up failures that come within a window of each other, successes between them or not', () => {
    expect(run(NGINX, 'failed', 'succeeded', 'failed', 'succeeded', 'failed').phase).toBe('open');
    const calm = run(NGINX, 'failed', 'failed', 'picked_late', 'succeeded');
    expect(calm).toEqual(CLOSED);
  });
});

describe('the bounds of ejection', () => {
  const rule = { baseMs: 30_000, maxMs: 300_000 };

  it('grow with every time, up to a maximum', () => {
    const times = [1, 2, 3, 10, 11, EJECTIONS_MAX].map((ejections) => openMs(ejections, rule));
    expect(times).toEqual([30_000, 60_000, 90_000, 300_000, 300_000, 300_000]);
  });

  it.each([
    [1, 50, 0],
    [2, 50, 1],
    [3, 50, 1],
    [4, 50, 2],
    [5, 10, 1],
    [3, 100, 2],
  ])('of %i servers at %i %% let %i be out', (servers, ejectedPercentMax, max) => {
    expect(ejectedMax(servers, { ...rule, ejectedPercentMax } as never)).toBe(max);
  });
});
