import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HealthState, stepHealth, uncheckedHealth } from './health-state.ts';

const rules = fc.record({
  rise: fc.integer({ min: 1, max: 5 }),
  fall: fc.integer({ min: 1, max: 5 }),
});
const results = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });

function history(each: readonly boolean[], rule: { rise: number; fall: number }): HealthState[] {
  const states: HealthState[] = [];
  let state = uncheckedHealth(0);
  each.forEach((passed, index) => {
    state = stepHealth(state, passed, rule, index + 1);
    states.push(state);
  });
  return states;
}

describe('stepHealth', () => {
  it('takes the first result at its word, whatever rise and fall', () => {
    const rule = { rise: 5, fall: 5 };
    const first = { since: 7, failures: 0, successes: 0 };
    expect(stepHealth(uncheckedHealth(3), true, rule, 7)).toEqual({
      ...first,
      verdict: 'up',
      successes: 1,
    });
    expect(stepHealth(uncheckedHealth(3), false, rule, 7)).toEqual({
      ...first,
      verdict: 'down',
      failures: 1,
    });
  });

  it('changes the verdict exactly when the run of opposite results is long enough', () => {
    fc.assert(
      fc.property(results, rules, (each, rule) => {
        const states = history(each, rule);
        for (let index = 1; index < states.length; index++) {
          const before = states[index - 1]!.verdict;
          const needed = before === 'up' ? rule.fall : rule.rise;
          const run = each.slice(Math.max(0, index + 1 - needed), index + 1);
          const turned =
            run.length === needed && run.every((passed) => passed !== (before === 'up'));
          expect(states[index]!.verdict !== before).toBe(turned);
        }
      }),
    );
  });

  it('keeps `since` at the last change and counts the run it is in', () => {
    fc.assert(
      fc.property(results, rules, (each, rule) => {
        const states = history(each, rule);
        states.forEach((state, index) => {
          const before = index === 0 ? uncheckedHealth(0) : states[index - 1]!;
          const changed = state.verdict !== before.verdict;
          expect(state.since).toBe(changed ? index + 1 : before.since);
          const wrong = each.lastIndexOf(false, index);
          const right = each.lastIndexOf(true, index);
          expect([state.successes, state.failures]).toEqual(
            [index - wrong, index - right].map((run, which) =>
              each[index] === (which === 0) ? run : 0,
            ),
          );
        });
      }),
    );
  });

  it('is not moved by results that alternate faster than rise and fall', () => {
    const each = Array.from({ length: 50 }, (_, index) => index % 2 === 0);
    const verdicts = history(each, { rise: 2, fall: 2 }).map(({ verdict }) => verdict);
    expect(new Set(verdicts)).toEqual(new Set(['up']));
  });
});
