import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DELTA_SECONDS_MAX } from '../limits.ts';
import { ageSeconds, currentAge, initialAge, lifetimeOf } from './freshness.ts';
import { readResponse } from './response-facts.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const at = (ms: number) => new Date(NOW + ms).toUTCString();
const NO_RULES = { ttl: new Map<number, number>(), override: false, heuristicMaxMs: 0 };

function lifetime(
  fields: Record<string, string>,
  rules: Partial<typeof NO_RULES> = {},
  status = 200,
) {
  const facts = readResponse(status, (name) => fields[name] ?? null, NOW);
  return lifetimeOf(facts, { ...NO_RULES, ...rules }, NOW);
}

describe('the freshness lifetime (RFC 9111 4.2.1)', () => {
  it('is that of s-maxage, then max-age, then Expires', () => {
    const expires = { expires: at(9000), date: at(0) };
    expect(lifetime({ 'cache-control': 's-maxage=7, max-age=8', ...expires })).toEqual({
      ms: 7000,
      from: 's-maxage',
    });
    expect(lifetime({ 'cache-control': 'max-age=8', ...expires })).toEqual({
      ms: 8000,
      from: 'max-age',
    });
    expect(lifetime(expires)).toEqual({ ms: 9000, from: 'expires' });
    expect(lifetime({})).toEqual({ ms: 0, from: null });
  });

  it('by Expires is counted from Date, whatever our clock says', () => {
    expect(lifetime({ expires: at(-50_000), date: at(-60_000) }).ms).toBe(10_000);
    expect(lifetime({ expires: at(5000) }).ms).toBe(5000);
    expect(lifetime({ expires: at(-1000), date: at(0) }).ms).toBe(0);
    const far = { expires: 'Fri, 31 Dec 9999 23:59:59 GMT', date: at(0) };
    expect(lifetime(far).ms).toBe(DELTA_SECONDS_MAX * 1000);
  });

  it.each(['0', '-1', 'never', `${at(1000)}, ${at(2000)}`])(
    'by an Expires that is no date is over: %s (RFC 9111 5.3)',
    (expires) => {
      expect(lifetime({ expires, date: at(0) })).toEqual({ ms: 0, from: 'expires' });
    },
  );

  it('is that of the route where the server says none, by status', () => {
    const rules = { ttl: new Map([[404, 3000]]) };
    expect(lifetime({}, rules, 404)).toEqual({ ms: 3000, from: 'ttl' });
    expect(lifetime({}, rules, 200)).toEqual({ ms: 0, from: null });
    expect(lifetime({ 'cache-control': 'max-age=1' }, rules, 404).ms).toBe(1000);
    expect(lifetime({ 'cache-control': 'max-age=1' }, { ...rules, override: true }, 404)).toEqual({
      ms: 3000,
      from: 'override',
    });
  });

  it('is guessed only when it is not said, and within bounds (RFC 9111 4.2.2)', () => {
    const rules = { heuristicMaxMs: 3_600_000 };
    const day = { date: at(0), 'last-modified': at(-10_000_000) };
    expect(lifetime(day, rules)).toEqual({ ms: 1_000_000, from: 'heuristic' });
    expect(lifetime({ ...day, 'last-modified': at(-1e9) }, rules).ms).toBe(3_600_000);
    expect(lifetime({ ...day, 'cache-control': 'max-age=1' }, rules).ms).toBe(1000);
    expect(lifetime(day)).toEqual({ ms: 0, from: null });
    expect(lifetime({ date: at(0) }, rules)).toEqual({ ms: 0, from: null });
  });

  it('is guessed only for statuses that allow it, or public ones (RFC 9111 4.2.2)', () => {
    const rules = { heuristicMaxMs: 3_600_000 };
    const day = { date: at(0), 'last-modified': at(-10_000_000) };
    expect(lifetime(day, rules, 302).from).toBeNull();
    expect(lifetime({ ...day, 'cache-control': 'public' }, rules, 302).from).toBe('heuristic');
  });
});

describe('the age (RFC 9111 4.2.3)', () => {
  it('is what Age says and the time it took', () => {
    expect(initialAge(10, null, NOW - 500, NOW)).toBe(10_500);
  });

  it('is what Date says when that is more', () => {
    expect(initialAge(10, NOW - 60_000, NOW - 500, NOW)).toBe(60_000);
  });

  it('is not negative by a clock that is ahead', () => {
    expect(initialAge(null, NOW + 60_000, NOW, NOW)).toBe(0);
  });

  it('grows with the time since it came, and does not shrink', () => {
    const second = fc.nat(10_000_000);
    fc.assert(
      fc.property(second, second, second, (initial, later, more) => {
        const age = currentAge(initial, NOW, NOW + later);
        expect(age).toBe(initial + later);
        expect(currentAge(initial, NOW, NOW + later + more)).toBeGreaterThanOrEqual(age);
        expect(currentAge(initial, NOW, NOW - later)).toBe(initial);
      }),
    );
  });

  it('is sent in whole seconds, 2^31 at most', () => {
    expect(ageSeconds(1999)).toBe(1);
    expect(ageSeconds(1e15)).toBe(DELTA_SECONDS_MAX);
  });

  it('by an Age that is a list is its first, and by one that is none nothing (RFC 9111 5.1)', () => {
    const age = (value: string) =>
      readResponse(200, (name) => (name === 'age' ? value : null), NOW).age;
    expect(age('7, 90')).toBe(7);
    expect(age('-7')).toBeNull();
    expect(age('x')).toBeNull();
  });
});
