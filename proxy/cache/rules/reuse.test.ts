import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VALIDATOR_KEPT_MS } from '../limits.ts';
import { META_DOUBLES } from '../store.ts';
import { parseCacheControl } from './cache-control.ts';
import { uselessAfter, writeMeta } from './entry-meta.ts';
import { lifetimeOf } from './freshness.ts';
import { readResponse } from './response-facts.ts';
import { ageAt, judgeStored, mayReplaceError } from './reuse.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const NO_RULES = {
  ttl: new Map<number, number>(),
  override: false,
  heuristicMaxMs: 0,
  staleIfErrorMs: 0,
  staleWhileRevalidateMs: 0,
};

/** The numbers of a response that came just now. */
function stored(control: string, rules: Partial<typeof NO_RULES> = {}, fields = {}) {
  const all: Record<string, string> = { 'cache-control': control, ...fields };
  const facts = readResponse(200, (name) => all[name] ?? null, NOW);
  const meta = new Float64Array(META_DOUBLES);
  const given = { ...NO_RULES, ...rules };
  const lifetime = lifetimeOf(facts, given, NOW);
  writeMeta(meta, facts, lifetime, given, { requestedAt: NOW, receivedAt: NOW });
  return meta;
}

const verdict = (meta: Float64Array, seconds: number, request: string | null = null) => {
  const control = request === null ? null : parseCacheControl(request);
  return judgeStored(meta, 0, NOW + seconds * 1000, control);
};

describe('a stored response', () => {
  it('is fresh as long as its lifetime is greater than its age', () => {
    const meta = stored('max-age=10');
    expect(verdict(meta, 9.999)).toBe('fresh');
    expect(verdict(meta, 10)).toBe('ask');
  });

  it('that was old when it came is fresh for the rest', () => {
    const meta = stored('max-age=10', {}, { age: '7' });
    expect(verdict(meta, 2.9)).toBe('fresh');
    expect(verdict(meta, 3)).toBe('ask');
    expect(ageAt(meta, 0, NOW + 2000)).toBe(9000);
  });

  it('with no-cache is never used unasked, fresh or not', () => {
    const meta = stored('no-cache, max-age=10', {
      staleIfErrorMs: 1e6,
      staleWhileRevalidateMs: 1e6,
    });
    expect(verdict(meta, 0)).toBe('ask');
    expect(verdict(meta, 0, 'max-stale')).toBe('ask');
    expect(mayReplaceError(meta, 0, NOW)).toBe(false);
  });

  it('with no-cache but a lifetime by ttl is never used unasked, unless ttl overrides', () => {
    const ttl = new Map([[200, 10_000]]);
    expect(verdict(stored('no-cache', { ttl }), 0)).toBe('ask');
    expect(verdict(stored('no-cache', { ttl, override: true }), 0)).toBe('fresh');
  });

  it('that is stale may be used while it is fetched anew, by the server or the route', () => {
    const meta = stored('max-age=10, stale-while-revalidate=5');
    expect(verdict(meta, 14.9)).toBe('revalidate');
    expect(verdict(meta, 15)).toBe('ask');
    expect(verdict(stored('max-age=10', { staleWhileRevalidateMs: 5000 }), 14.9)).toBe(
      'revalidate',
    );
  });

  it('may stand in for an error for as long as the server or the route says', () => {
    const meta = stored('max-age=10, stale-if-error=5');
    expect(mayReplaceError(meta, 0, NOW + 14_900)).toBe(true);
    expect(mayReplaceError(meta, 0, NOW + 15_000)).toBe(false);
    const byRoute = stored('max-age=10', { staleIfErrorMs: 5000 });
    expect(mayReplaceError(byRoute, 0, NOW + 14_900)).toBe(true);
  });

  it('whose server says how long it may be stale is not used longer by the route', () => {
    const rules = { staleIfErrorMs: 1e6, staleWhileRevalidateMs: 1e6 };
    const meta = stored('max-age=10, stale-while-revalidate=1, stale-if-error=0', rules);
    expect(verdict(meta, 11)).toBe('ask');
    expect(mayReplaceError(meta, 0, NOW + 11_000)).toBe(false);
  });
});

describe.each(['must-revalidate, max-age=10', 'proxy-revalidate, max-age=10', 's-maxage=10'])(
  'a stale response with %s',
  (control) => {
    const meta = stored(control, { staleIfErrorMs: 1e6, staleWhileRevalidateMs: 1e6 });

    it('is not used without validation, whatever client and route say', () => {
      expect(verdict(meta, 9)).toBe('fresh');
      expect(verdict(meta, 11)).toBe('ask');
      expect(verdict(meta, 11, 'max-stale')).toBe('ask');
      expect(mayReplaceError(meta, 0, NOW + 11_000)).toBe(false);
    });
  },
);

describe('s-maxage beside stale-while-revalidate and stale-if-error', () => {
  it('allows what the server says in particular', () => {
    const meta = stored('s-maxage=10, stale-while-revalidate=5, stale-if-error=7');
    expect(verdict(meta, 14)).toBe('revalidate');
    expect(mayReplaceError(meta, 0, NOW + 16_000)).toBe(true);
    expect(verdict(meta, 16, 'max-stale')).toBe('ask');
  });

  it('does not with must-revalidate', () => {
    const meta = stored('s-maxage=10, must-revalidate, stale-while-revalidate=5, stale-if-error=7');
    expect(verdict(meta, 11)).toBe('ask');
    expect(mayReplaceError(meta, 0, NOW + 11_000)).toBe(false);
  });
});

describe('what a client asks for', () => {
  const meta = stored('max-age=100');

  it('max-age: nothing older', () => {
    expect(verdict(meta, 10, 'max-age=10')).toBe('fresh');
    expect(verdict(meta, 11, 'max-age=10')).toBe('ask');
    expect(verdict(meta, 1, 'max-age=0')).toBe('ask');
  });

  it('min-fresh: nothing that is stale sooner', () => {
    expect(verdict(meta, 70, 'min-fresh=30')).toBe('fresh');
    expect(verdict(meta, 71, 'min-fresh=30')).toBe('ask');
  });

  it('max-stale: what is stale, for so long or any time', () => {
    expect(verdict(meta, 105, 'max-stale=5')).toBe('stale');
    expect(verdict(meta, 106, 'max-stale=5')).toBe('ask');
    expect(verdict(meta, 1e6, 'max-stale')).toBe('stale');
    expect(verdict(meta, 101, null)).toBe('ask');
  });

  it('no-cache: to be asked for', () => {
    expect(verdict(meta, 0, 'no-cache')).toBe('ask');
  });

  it('never makes a response used longer than the server lets it be, but by max-stale', () => {
    const request = fc.constantFrom('', 'max-age=50', 'min-fresh=5', 'max-age=1000', 'no-cache');
    fc.assert(
      fc.property(fc.nat(300), request, (seconds, text) => {
        const asked = verdict(meta, seconds, text);
        if (asked === 'fresh') expect(verdict(meta, seconds)).toBe('fresh');
        else expect(asked).toBe('ask');
      }),
    );
  });
});

describe('an entry', () => {
  it('is of no use once it is neither fresh, nor allowed stale, nor to be validated', () => {
    expect(uselessAfter(stored('max-age=10'))).toBe(NOW + 10_000);
    expect(uselessAfter(stored('max-age=10, stale-if-error=5'))).toBe(NOW + 15_000);
    const etag = { etag: '"a"' };
    expect(uselessAfter(stored('max-age=10', {}, etag))).toBe(NOW + 10_000 + VALIDATOR_KEPT_MS);
  });
});
