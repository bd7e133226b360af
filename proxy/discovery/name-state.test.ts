import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer, Outcome, SrvRecord, TargetAnswer } from './answer.ts';
import { ADDRESSES_PER_NAME_MAX, RETRY_DELAY_MAX_MS, RETRY_DELAY_MIN_MS } from './limits.ts';
import { type NameBounds, type NameState, stepName, unresolvedName } from './name-state.ts';

const BOUNDS: NameBounds = { ttlMinMs: 1000, ttlMaxMs: 60_000, holdMs: 30_000, lingerMs: 0 };
const NONE: Outcome<readonly string[]> = { kind: 'absent', why: 'nodata' };
const LATE: Outcome<readonly string[]> = { kind: 'failed', why: 'timeout', detail: 'late' };
const GONE: Answer = { kind: 'absent', why: 'nxdomain' };
const SERVFAIL: Answer = { kind: 'failed', why: 'servfail', detail: 'A www: servfail' };

function records(addresses: readonly string[], ttlMs = 10_000): Outcome<readonly string[]> {
  return { kind: 'found', records: addresses, ttlMs };
}

function answer(...targets: TargetAnswer[]): Answer {
  return { kind: 'found', records: targets, ttlMs: Number.POSITIVE_INFINITY };
}

function target(
  ipv4: Outcome<readonly string[]>,
  ipv6: Outcome<readonly string[]> = NONE,
  host = 'www',
  srv: SrvRecord | null = null,
): TargetAnswer {
  return { host, srv, addresses: { ipv4, ipv6 } };
}

const is = (...addresses: string[]) => answer(target(records(addresses)));
const step = (state: NameState, said: Answer, now: number) => stepName(state, said, now, BOUNDS);
const addressesOf = ({ found }: NameState) => found.map(({ address }) => address);

/** The state after `www` was found at these addresses, at time 0. */
function resolved(...addresses: string[]): NameState {
  return step(unresolvedName(0), is(...addresses), 0);
}

describe('a name that resolves', () => {
  it('is asked for again when its TTL is over, within the bounds', () => {
    const nextAt = (ttlMs: number) =>
      step(unresolvedName(0), answer(target(records(['198.51.100.21'], ttlMs))), 500).nextAt;
    expect(nextAt(10_000)).toBe(10_500);
    expect(nextAt(0)).toBe(1500);
    expect(nextAt(86_400_000)).toBe(60_500);
  });

  it('counts as long as the shortest of its TTLs', () => {
    const both = answer(target(records(['198.51.100.21'], 9000), records(['2001:db8::1'], 4000)));
    expect(step(unresolvedName(0), both, 0)).toMatchObject({ ttlMs: 4000, nextAt: 4000 });
  });

  it('has not changed when only the order of its addresses has', () => {
    const before = resolved('198.51.100.21', '198.51.100.9', '198.51.100.100');
    expect(addressesOf(before)).toEqual(['198.51.100.9', '198.51.100.21', '198.51.100.100']);
    const after = step(before, is('198.51.100.100', '198.51.100.21', '198.51.100.9'), 10_000);
    expect(after.found).toBe(before.found);
  });

  it('takes over what is new, and lets go what is no more', () => {
    const after = step(resolved('198.51.100.21', '198.51.100.22'), is('198.51.100.23'), 10_000);
    expect(addressesOf(after)).toEqual(['198.51.100.23']);
  });

  it('has no more addresses than the bound, and says how many are left out', () => {
    const many = Array.from({ length: ADDRESSES_PER_NAME_MAX + 7 }, (_, i) => `198.51.100.${i}`);
    const state = step(unresolvedName(0), is(...many), 0);
    expect(state.found.length).toBe(ADDRESSES_PER_NAME_MAX);
    expect(state.leftOut).toBe(7);
  });
});

describe('a name that answers with another part of its addresses each time', () => {
  const lingering = { ...BOUNDS, lingerMs: 25_000 };
  const [A, B, C] = ['198.51.100.21', '198.51.100.22', '198.51.100.23'];

  it('has all that were named within the time it lingers', () => {
    let state = unresolvedName(0);
    const parts = [
      [A, B],
      [B, C],
      [C, A],
    ] as string[][];
    for (let turn = 0; turn < 12; turn++) {
      const before = state;
      state = stepName(state, is(...parts[turn % 3]!), turn * 10_000, lingering);
      if (turn >= 2) expect(addressesOf(state)).toEqual([A, B, C]);
      if (turn >= 3) expect(state.found).toBe(before.found);
    }
  });

  it('loses what is not named for longer', () => {
    let state = stepName(unresolvedName(0), is(A, B), 0, lingering);
    state = stepName(state, is(A), 10_000, lingering);
    state = stepName(state, is(A), 20_000, lingering);
    expect(addressesOf(state)).toEqual([A, B]);
    state = stepName(state, is(A), 30_000, lingering);
    expect(addressesOf(state)).toEqual([A]);
  });

  it('has a changed record at once, whatever lingers', () => {
    const of = (weight: number) =>
      answer(
        target(records(['198.51.100.21']), NONE, 'a', {
          target: 'a',
          port: 80,
          priority: 1,
          weight,
        }),
      );
    const before = stepName(unresolvedName(0), of(1), 0, lingering);
    const after = stepName(before, of(2), 10_000, lingering);
    expect(after.found.map(({ srv }) => srv?.weight)).toEqual([2]);
  });
});

describe('a name that nobody answers for', () => {
  it('keeps its addresses for ever, and is asked for again with growing pauses', () => {
    let state = resolved('198.51.100.21');
    let now = 10_000;
    const pauses: number[] = [];
    for (let failure = 0; failure < 8; failure++) {
      const before = state;
      state = step(state, SERVFAIL, now);
      expect(state.found).toBe(before.found);
      expect(state).toMatchObject({ status: 'stale', resolvedAt: 0, failures: failure + 1 });
      pauses.push(state.nextAt - now);
      now = state.nextAt;
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(state.problem).toEqual({ why: 'servfail', detail: 'A www: servfail' });
    expect(step(state, is('198.51.100.21'), now)).toMatchObject({
      status: 'resolved',
      failures: 0,
      problem: null,
      nextAt: now + 10_000,
    });
  });

  it('is unresolved when it never had any', () => {
    const state = step(unresolvedName(0), SERVFAIL, 0);
    expect(state).toMatchObject({ status: 'unresolved', found: [], nextAt: RETRY_DELAY_MIN_MS });
  });

  it('keeps the addresses of the family that got no answer, and asks soon again', () => {
    const both = answer(target(records(['198.51.100.21']), records(['2001:db8::1'])));
    const before = step(unresolvedName(0), both, 0);
    const half = answer(target(records(['198.51.100.22']), LATE));
    const after = step(before, half, 10_000);
    expect(addressesOf(after)).toEqual(['198.51.100.22', '2001:db8::1']);
    expect(after).toMatchObject({
      status: 'resolved',
      nextAt: 11_000,
      problem: { why: 'timeout' },
    });
  });

  it('is stale when neither family got an answer', () => {
    const before = resolved('198.51.100.21');
    const after = step(before, answer(target(LATE, LATE)), 10_000);
    expect(after).toMatchObject({ status: 'stale', resolvedAt: 0 });
    expect(after.found).toBe(before.found);
  });
});

describe('a name that is said not to exist', () => {
  it('keeps its addresses for the hold time, then has none', () => {
    let state = step(resolved('198.51.100.21'), GONE, 10_000);
    expect(state).toMatchObject({ status: 'stale', absentSince: 10_000 });
    while (state.nextAt < 40_000) state = step(state, GONE, state.nextAt);
    // Asked exactly when the time is over, whatever the pause would have been.
    expect(state.nextAt).toBe(40_000);
    expect(addressesOf(state)).toEqual(['198.51.100.21']);
    state = step(state, GONE, 40_000);
    expect(state).toMatchObject({ status: 'unresolved', found: [] });
    expect(step(state, is('198.51.100.22'), 50_000)).toMatchObject({
      status: 'resolved',
      absentSince: null,
    });
  });

  it('loses nothing because of silence in between', () => {
    let state = step(resolved('198.51.100.21'), GONE, 10_000);
    state = step(state, SERVFAIL, 90_000);
    expect(addressesOf(state)).toEqual(['198.51.100.21']);
  });

  it('has none at once when nothing is held', () => {
    const state = stepName(resolved('198.51.100.21'), GONE, 10_000, { ...BOUNDS, holdMs: 0 });
    expect(state.found).toEqual([]);
  });
});

describe('SRV records', () => {
  const srv = (host: string, changes: Partial<SrvRecord> = {}) => ({
    target: host,
    port: 80,
    priority: 10,
    weight: 1,
    ...changes,
  });

  it('have changed when a weight, a priority or a port has', () => {
    const of = (changes: Partial<SrvRecord>) =>
      answer(target(records(['198.51.100.21']), NONE, 'a', srv('a', changes)));
    const before = step(unresolvedName(0), of({}), 0);
    expect(step(before, of({}), 1).found).toBe(before.found);
    for (const changes of [{ weight: 2 }, { priority: 9 }, { port: 81 }]) {
      expect(step(before, of(changes), 1).found).not.toBe(before.found);
    }
  });

  it('keep the addresses of a target that got no answer, with the weight it has now', () => {
    const of = (a: Outcome<readonly string[]>, weight: number) =>
      answer(
        target(a, NONE, 'a', srv('a', { weight })),
        target(records(['198.51.100.22']), NONE, 'b', srv('b')),
      );
    const before = step(unresolvedName(0), of(records(['198.51.100.21']), 1), 0);
    const after = step(before, of(LATE, 5), 10_000);
    expect(after.found.map(({ address, srv: record }) => [address, record?.weight])).toEqual([
      ['198.51.100.21', 5],
      ['198.51.100.22', 1],
    ]);
  });

  it('lose a target that does not exist, as long as another does', () => {
    const state = step(
      unresolvedName(0),
      answer(
        target({ kind: 'absent', why: 'nxdomain' }, NONE, 'a', srv('a')),
        target(records(['198.51.100.22']), NONE, 'b', srv('b')),
      ),
      0,
    );
    expect(addressesOf(state)).toEqual(['198.51.100.22']);
    expect(state.problem).toBeNull();
  });
});

describe('whatever is answered', () => {
  const outcome = fc.oneof(
    fc.record({
      kind: fc.constant('found' as const),
      records: fc.uniqueArray(
        fc.nat(200).map((last) => `198.51.100.${last}`),
        { maxLength: 80 },
      ),
      ttlMs: fc.nat(100_000),
    }),
    fc.constantFrom(NONE, LATE),
  );
  const anyAnswer: fc.Arbitrary<Answer> = fc.oneof(
    fc.constantFrom(GONE, SERVFAIL),
    fc
      .array(outcome, { minLength: 1, maxLength: 3 })
      .map((all) => answer(...all.map((ipv4, index) => target(ipv4, NONE, `t${index}`)))),
  );

  it('the next question is neither too soon nor too late, and the state agrees with itself', () => {
    const story = fc.array(fc.tuple(anyAnswer, fc.nat(5000)), { maxLength: 40 });
    fc.assert(
      fc.property(story, fc.constantFrom(0, 9000), (answers, lingerMs) => {
        let state = unresolvedName(0);
        let now = 0;
        for (const [said, late] of answers) {
          now = state.nextAt + late;
          const before = state;
          state = stepName(state, said, now, { ...BOUNDS, lingerMs });
          const pause = state.nextAt - now;
          expect(pause).toBeGreaterThan(0);
          expect(pause).toBeLessThanOrEqual(Math.max(BOUNDS.ttlMaxMs, RETRY_DELAY_MAX_MS));
          expect(state.found.length).toBeLessThanOrEqual(ADDRESSES_PER_NAME_MAX);
          expect(state.status === 'unresolved').toBe(state.found.length === 0);
          expect(state.failures === 0).toBe(state.problem === null);
          // Only an answer takes addresses away.
          if (said.kind === 'failed') expect(state.found).toBe(before.found);
          const named = said.kind === 'found' && state.resolvedAt === now;
          if (named && lingerMs === 0) expect(state.seenAt.size).toBe(state.found.length);
          expect(new Set(addressesOf(state)).size).toBe(state.found.length);
        }
      }),
    );
  });
});
