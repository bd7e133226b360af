import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type OpenLoopResult, percentilesOf, refusal } from './open-loop-result.ts';

const flat = (value: number) => percentilesOf(Float64Array.of(value));

const good: OpenLoopResult = {
  due: 1000,
  unanswered: 0,
  latencyUs: flat(2000),
  latenessUs: flat(20),
  busyShare: 0.3,
  preferred: true,
};

test('percentiles are the nearest rank, whatever the order', () => {
  const values = Float64Array.from({ length: 1000 }, (_, index) => ((index * 7) % 1000) + 1);
  expect(percentilesOf(values)).toEqual({
    50: 500,
    75: 750,
    90: 900,
    95: 950,
    99: 990,
    '99.5': 995,
    '99.9': 999,
  });
});

test('each is one of the values, and at least that share of them is not above it', () => {
  const list = fc.array(fc.double({ noNaN: true, min: 0, max: 1e9 }), { minLength: 1 });
  fc.assert(
    fc.property(list, (values) => {
      for (const [percent, value] of Object.entries(percentilesOf(Float64Array.from(values)))) {
        expect(values).toContain(value);
        const below = values.filter((other) => other <= value).length;
        expect(below / values.length).toBeGreaterThanOrEqual(Number(percent) / 100 - 1e-9);
      }
    }),
  );
});

test('nothing has no percentiles', () => {
  expect(() => percentilesOf(new Float64Array(0))).toThrow(RangeError);
});

test('a run on time is believed', () => {
  expect(refusal(good, 0.7)).toBeNull();
});

test.each([
  ['requests stay without an answer', { ...good, unanswered: 3 }, 0.5, '3 of 1000 requests'],
  ['the generator was late', { ...good, latenessUs: flat(900) }, 0.5, 'late itself: 900 µs'],
  ['its core was full', good, 0.995, '% in use'],
])('no percentiles when %s', (_, result, share, why) => {
  expect(refusal(result, share)).toContain(why);
});
