import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SplitConfig } from '../../src/config/split-config.ts';
import type { ClientIdentity } from '../http1/client-identity.ts';
import type { RequestHead } from '../http1/head.ts';
import { rehash } from '../selection/key-hash.ts';
import { askedQuery } from './asked-request.ts';
import { cookieId, Split } from './split.ts';

const CLIENT = { address: '203.0.113.9', scheme: 'http' } as ClientIdentity;

function head(...fields: readonly string[]): RequestHead {
  const query = askedQuery({ method: 'GET', target: '/', host: 'h', fields, client: CLIENT });
  if (typeof query === 'string') throw new Error(query);
  return query.head;
}

function splitOf(weights: readonly number[], more: Partial<SplitConfig> = {}): Split {
  const shares = weights.map((weight, index) => ({ upstream: `u${index}`, weight }));
  return new Split({ shares, key: null, force: [], cookie: null, ...more });
}

const weights = fc
  .array(fc.nat(20), { minLength: 1, maxLength: 5 })
  .filter((all) => all.some((weight) => weight > 0));
const BY_SESSION = { key: { kind: 'cookie', name: 'session' } } as const;

describe('a split by turns', () => {
  it('gives every share exactly its part of each round of as many requests as weights', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 3 }), (all, rounds) => {
        const split = splitOf(all);
        const counts = all.map(() => 0);
        const sum = all.reduce((total, weight) => total + weight, 0);
        for (let request = 0; request < sum * rounds; request++) {
          counts[split.choose(head(), CLIENT).share]!++;
        }
        expect(counts).toEqual(all.map((weight) => weight * rounds));
      }),
      { numRuns: 50 },
    );
  });
});

describe('a split by key', () => {
  it('decides alike everywhere and always, and by turns without a key', () => {
    const [one, other] = [splitOf([1, 9], BY_SESSION), splitOf([1, 9], BY_SESSION)];
    for (let session = 0; session < 200; session++) {
      const request = head(`Cookie: session=${session}`);
      const choice = one.choose(request, CLIENT);
      expect(choice.reason).toBe('key');
      expect(other.choose(request, CLIENT)).toEqual(choice);
    }
    expect(one.choose(head(), CLIENT).reason).toBe('turn');
  });

  it('gives shares their part of the keys', () => {
    const split = splitOf([5, 95], BY_SESSION);
    const keys = 4000;
    let canary = 0;
    for (let session = 0; session < keys; session++) {
      if (split.choose(head(`Cookie: session=user-${session}`), CLIENT).share === 0) canary++;
    }
    // Four standard deviations.
    const deviation = Math.sqrt(keys * 0.05 * 0.95);
    expect(Math.abs(canary - keys * 0.05)).toBeLessThan(4 * deviation);
  });

  it('parts the places of keys exactly, and never gives one to weight 0', () => {
    fc.assert(
      fc.property(weights, fc.nat({ max: 2 ** 32 - 1 }), (all, key) => {
        const sum = all.reduce((total, weight) => total + weight, 0);
        const place = (rehash(key) / 2 ** 32) * sum;
        const share = splitOf(all, BY_SESSION).shareOf(key);
        const before = all.slice(0, share).reduce((total, weight) => total + weight, 0);
        expect(all[share]).toBeGreaterThan(0);
        expect(place >= before && place < before + all[share]!).toBe(true);
      }),
    );
  });

  it('moves no key away from a share that grows', () => {
    const [before, after] = [splitOf([5, 95], BY_SESSION), splitOf([30, 70], BY_SESSION)];
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 32 - 1 }), (key) => {
        if (before.shareOf(key) === 0) expect(after.shareOf(key)).toBe(0);
      }),
    );
  });
});

describe('what comes before', () => {
  const force = [
    {
      key: { kind: 'header', name: 'x-canary' },
      values: [
        { value: 'always', upstream: 'u0' },
        { value: 'never', upstream: 'u1' },
      ],
    },
  ] as const;
  const split = splitOf([0, 1], { force, cookie: { name: 'release', ttlMs: null } });

  it('is what the request says, if it says something known', () => {
    const to = (value: string) => split.choose(head(`X-Canary: ${value}`), CLIENT);
    expect(to('always')).toEqual({ share: 0, reason: 'force' });
    expect(to('never')).toEqual({ share: 1, reason: 'force' });
    expect(to('perhaps')).toEqual({ share: 1, reason: 'turn' });
  });

  it('then the cookie, also at a share of weight 0', () => {
    const kept = head(`Cookie: a=b; release=${cookieId('u0')}`);
    expect(split.choose(kept, CLIENT)).toEqual({ share: 0, reason: 'cookie' });
    const forced = head(`Cookie: release=${cookieId('u0')}`, 'X-Canary: never');
    expect(split.choose(forced, CLIENT)).toEqual({ share: 1, reason: 'force' });
    expect(split.choose(head('Cookie: release=u0'), CLIENT).reason).toBe('turn');
  });
});
