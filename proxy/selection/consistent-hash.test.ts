import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquare } from './chi-square.fixture.ts';
import { ConsistentHash } from './consistent-hash.ts';
import { keyOfText } from './key-hash.ts';
import { keysOf, LoadedServer, serversOf } from './policy.case.ts';
import { NO_KEY } from './policy.ts';

const KEYS = keysOf(20_000);

function policyOf(
  servers: readonly LoadedServer[],
  loadFactor: number | null = null,
): ConsistentHash<LoadedServer> {
  const policy = new ConsistentHash<LoadedServer>(0, loadFactor);
  policy.update(servers);
  return policy;
}

/** `198.51.100.1:80`, ...: addresses as they are, much alike. */
function originsOf(count: number): LoadedServer[] {
  return Array.from({ length: count }, (_, at) => new LoadedServer(`198.51.100.${at + 1}:80`));
}

describe('ConsistentHash', () => {
  it('gives a key to the same server every time, in every worker, whatever the order', () => {
    const servers = originsOf(7);
    const one = policyOf(servers);
    const other = new ConsistentHash<LoadedServer>(0.5, null);
    other.update([...servers].reverse());
    for (const key of KEYS.slice(0, 2000)) {
      expect(other.pick([], key)).toBe(one.pick([], key));
      expect(one.pick([], key)).toBe(one.pick([], key));
    }
  });

  it('keeps these keys with these servers in every version of the program', () => {
    const policy = policyOf(originsOf(5));
    const picks = [0, 1, 2, 3, 0x8000_0000, 0xffff_fffe, 0xffff_ffff].map((key) => {
      return Number(/\.(\d+):/.exec(policy.pick([], key)!.address)![1]);
    });
    expect(picks).toMatchInlineSnapshot(`
      [
        1,
        2,
        5,
        2,
        3,
        3,
        1,
      ]
    `);
  });

  it.each([
    [10, null],
    [10, 1.25],
    [100, null],
  ])('moves at most 12 of 100 keys when 1 of %i leaves, load factor %s', (count, factor) => {
    const servers = originsOf(count);
    const policy = policyOf(servers, factor);
    for (const gone of [servers[0]!, servers[Math.trunc(count / 2)]!]) {
      policy.update(servers);
      const before = KEYS.map((key) => policy.pick([], key)!);
      policy.update(servers.filter((server) => server !== gone));
      let orphans = 0;
      let others = 0;
      KEYS.forEach((key, index) => {
        if (before[index] === gone) orphans++;
        else if (policy.pick([], key) !== before[index]) others++;
      });
      // A server's keys have to move. Of those of the others hardly any do.
      expect(Math.abs(orphans / KEYS.length - 1 / count)).toBeLessThan(0.01);
      expect((orphans + others) / KEYS.length).toBeLessThanOrEqual(0.12);
      expect(others / KEYS.length).toBeLessThanOrEqual(0.02);
      policy.update(servers);
      expect(KEYS.map((key) => policy.pick([], key)!)).toEqual(before);
    }
  });

  it('spreads the keys of a server that fails over all others, each to one of them', () => {
    const servers = originsOf(6);
    const failing = servers[2]!;
    const policy = policyOf(servers);
    const second = new Map<LoadedServer, number>();
    for (const key of KEYS) {
      if (policy.pick([], key) !== failing) continue;
      const next = policy.pick([failing], key)!;
      expect(policy.pick([failing], key)).toBe(next);
      second.set(next, (second.get(next) ?? 0) + 1);
    }
    expect(second.size).toBe(5);
    const orphans = [...second.values()].reduce((sum, count) => sum + count, 0);
    for (const count of second.values()) {
      expect(count / orphans).toBeGreaterThan(0.16);
      expect(count / orphans).toBeLessThan(0.24);
    }
  });

  it.each([
    ['addresses', (index: number) => `203.0.${index >> 8}.${index & 0xff}`],
    ['numbered users', (index: number) => `user-${index}`],
    ['numbers', (index: number) => String(index)],
    ['paths', (index: number) => `/products/${index}/images/large.jpg`],
  ])('spreads %s by weight (chi-square, p 0.001)', (_, keyed) => {
    const weights = [1, 1, 2, 3, 1];
    const servers = originsOf(5);
    servers.forEach((server, index) => {
      server.weight = weights[index]!;
    });
    const policy = policyOf(servers);
    const counts = servers.map(() => 0);
    for (let index = 0; index < 5000; index++) {
      counts[servers.indexOf(policy.pick([], keyOfText(keyed(index)))!)]!++;
    }
    expect(chiSquare(counts, weights)).toBeLessThan(1);
  });

  it('follows a change of weights, moving little else', () => {
    const servers = originsOf(10);
    const policy = policyOf(servers);
    const before = KEYS.map((key) => policy.pick([], key)!);
    servers[3]!.weight = 2;
    policy.update([...servers]);
    const moved = KEYS.filter((key, index) => policy.pick([], key) !== before[index]);
    // From a tenth to two elevenths.
    expect(moved.length / KEYS.length).toBeLessThan(0.12);
    const toHeavy = KEYS.filter((key) => policy.pick([], key) === servers[3]).length;
    expect(toHeavy / KEYS.length).toBeCloseTo(2 / 11, 2);
  });

  it('takes requests without a key in rotation', () => {
    const servers = serversOf(2, 1);
    const policy = policyOf(servers);
    const picks = Array.from({ length: 6 }, () => policy.pick([], NO_KEY)!.address).join('');
    expect(picks).toBe('abaaba');
  });
});

describe('bounded load', () => {
  it('never gives a server more than the factor times its fair share, rounded up', () => {
    const weight = fc.integer({ min: 1, max: 20 });
    const factor = fc.double({ min: 1.01, max: 3, noNaN: true });
    const key = fc.oneof(fc.constant(4711), fc.nat(0xffff_ffff));
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 2, maxLength: 8 }),
        factor,
        fc.array(fc.tuple(key, fc.nat(7), fc.boolean()), { minLength: 1, maxLength: 120 }),
        (weights, loadFactor, requests) => {
          const servers = serversOf(...weights);
          const policy = policyOf(servers, loadFactor);
          const sum = weights.reduce((total, one) => total + one, 0);
          for (const [one, ending, ends] of requests) {
            const total = servers.reduce((all, { load }) => all + load, 1);
            const picked = policy.pick([], one)!;
            picked.load++;
            expect(picked.load).toBeLessThanOrEqual(
              Math.ceil((loadFactor * total * picked.weight) / sum),
            );
            const over = servers[ending % servers.length]!;
            if (ends && over.load > 0) over.load--;
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('spreads one key that everybody asks for, as far as it must', () => {
    const servers = originsOf(10);
    const policy = policyOf(servers, 1.25);
    for (let request = 0; request < 1000; request++) policy.pick([], 42)!.load++;
    const loads = servers.map(({ load }) => load).sort((left, right) => right - left);
    expect(loads[0]).toBeLessThanOrEqual(125);
    expect(loads.filter((load) => load > 0)).toHaveLength(8);
  });

  it('leaves every key where it is while the load is even', () => {
    const servers = originsOf(10);
    const [bounded, free] = [policyOf(servers, 1.25), policyOf(servers)];
    for (const server of servers) server.load = 20;
    for (const key of KEYS.slice(0, 1000)) {
      expect(bounded.pick([], key)).toBe(free.pick([], key));
    }
  });

  it('gives somebody the request when those with room have been tried', () => {
    const servers = serversOf(1, 1, 1) as [LoadedServer, LoadedServer, LoadedServer];
    servers[0].load = 90;
    servers[1].load = 100;
    const policy = policyOf(servers, 1.25);
    for (const key of KEYS.slice(0, 100)) expect(policy.pick([servers[2]], key)).toBe(servers[0]);
  });
});
