/** What every policy must do, whatever its algorithm. Run against each in policies.test.ts. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Candidate, NO_KEY, type Policy } from './policy.ts';
import { RandomNumbers } from './random-numbers.ts';

/** A candidate whose load and times the test sets. */
export class LoadedServer implements Candidate {
  readonly address: string;
  weight: number;
  load = 0;
  average = 0;

  constructor(address: string, weight = 1) {
    this.address = address;
    this.weight = weight;
  }

  share(): number {
    return this.weight;
  }

  inFlight(): number {
    return this.load;
  }

  averageMs(): number {
    return this.average;
  }
}

/** Servers a, b, c, ... of these weights. */
export function serversOf(...weights: number[]): LoadedServer[] {
  return weights.map((weight, index) => new LoadedServer(String.fromCharCode(97 + index), weight));
}

/** Keys as requests bring them: spread over all 32 bits. */
export function keysOf(count: number, seed = 1): number[] {
  const random = new RandomNumbers(seed);
  return Array.from({ length: count }, () => Math.trunc(random.next() * 0x1_0000_0000));
}

/** How often each server is picked in `count` picks, each request over before the next comes. */
export function tally<C extends Candidate>(policy: Policy<C>, count: number): Map<C, number> {
  const picks = new Map<C, number>();
  for (let index = 0; index < count; index++) {
    const server = policy.pick([], NO_KEY)!;
    picks.set(server, (picks.get(server) ?? 0) + 1);
  }
  return picks;
}

const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });
const key = fc.oneof(fc.constant(NO_KEY), fc.nat(0xffff_ffff));

/** What holds for every policy. `create` makes a fresh one without candidates. */
export function policySuite(create: () => Policy<LoadedServer>): void {
  it('has nobody before it is given candidates, and when there are none', () => {
    const policy = create();
    expect(policy.pick([], NO_KEY)).toBeNull();
    expect(policy.pick([], 7)).toBeNull();
    policy.update(serversOf(1, 2));
    policy.update([]);
    expect(policy.pick([], NO_KEY)).toBeNull();
    expect(policy.pick([], 7)).toBeNull();
  });

  it('gives a single server everything, and nothing again on a retry', () => {
    const [only] = serversOf(7) as [LoadedServer];
    const policy = create();
    policy.update([only]);
    for (const one of keysOf(20)) expect(policy.pick([], one)).toBe(only);
    expect(policy.pick([], NO_KEY)).toBe(only);
    expect(policy.pick([only], NO_KEY)).toBeNull();
    expect(policy.pick([only], 7)).toBeNull();
  });

  it('returns a candidate that was not tried, and null only when there is none', () => {
    const server = fc.record({
      weight: fc.integer({ min: 1, max: 1000 }),
      load: fc.nat(50),
      average: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 9999, noNaN: true })),
      tried: fc.boolean(),
    });
    const list = fc.array(server, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(list, fc.array(key, { minLength: 1, maxLength: 20 }), (each, keys) => {
        const servers = serversOf(...each.map(({ weight }) => weight));
        servers.forEach((one, index) => {
          one.load = each[index]!.load;
          one.average = each[index]!.average;
        });
        const policy = create();
        policy.update(servers);
        const tried = servers.filter((_, index) => each[index]!.tried);
        for (const one of keys) {
          const picked = policy.pick(tried, one);
          if (tried.length === servers.length) expect(picked).toBeNull();
          else expect(servers.filter((other) => !tried.includes(other))).toContain(picked);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('reaches every server by retrying, and goes on after everybody was tried', () => {
    fc.assert(
      fc.property(weights, key, (each, one) => {
        const servers = serversOf(...each);
        const policy = create();
        policy.update(servers);
        const tried: LoadedServer[] = [];
        for (let attempt = 0; attempt < servers.length; attempt++) {
          const server = policy.pick(tried, one)!;
          expect(tried).not.toContain(server);
          tried.push(server);
        }
        expect(new Set(tried)).toEqual(new Set(servers));
        expect(policy.pick(tried, one)).toBeNull();
        expect(servers).toContain(policy.pick([], one));
      }),
      { numRuns: 50 },
    );
  });

  it('never picks who is no candidate any more', () => {
    fc.assert(
      fc.property(weights, fc.infiniteStream(fc.boolean()), (each, keep) => {
        const servers = serversOf(...each);
        const policy = create();
        policy.update(servers);
        const left = servers.filter(() => keep.next().value);
        policy.update(left);
        for (const one of [NO_KEY, ...keysOf(20)]) {
          const picked = policy.pick([], one);
          if (left.length === 0) expect(picked).toBeNull();
          else expect(left).toContain(picked);
        }
      }),
      { numRuns: 50 },
    );
  });
}

/** What holds for policies that serve idle servers in rotation. */
export function rotationSuite(create: () => Policy<LoadedServer>): void {
  it('shares idle servers exactly by weight over each rotation', () => {
    fc.assert(
      fc.property(weights, (each) => {
        const servers = serversOf(...each);
        const policy = create();
        policy.update(servers);
        const rotation = each.reduce((sum, weight) => sum + weight, 0);
        for (let turn = 1; turn <= 2; turn++) {
          const picks = tally(policy, rotation);
          for (const server of servers) expect(picks.get(server)).toBe(server.weight);
        }
      }),
    );
  });

  it('shares exactly by weight among those left when candidates change at any time', () => {
    fc.assert(
      fc.property(weights, fc.nat(50), fc.infiniteStream(fc.boolean()), (each, lead, keep) => {
        const servers = serversOf(...each);
        const policy = create();
        policy.update(servers);
        tally(policy, lead);
        const left = servers.filter(() => keep.next().value);
        policy.update(left);
        const rotation = left.reduce((sum, { weight }) => sum + weight, 0);
        const picks = tally(policy, rotation);
        for (const server of left) expect(picks.get(server)).toBe(server.weight);
        policy.update(servers);
        expect(tally(policy, lead + each.length * 20).size).toBeGreaterThan(0);
      }),
    );
  });

  it('goes on by weight after everybody was tried', () => {
    const servers = serversOf(3, 1);
    const policy = create();
    policy.update(servers);
    expect(policy.pick(servers, NO_KEY)).toBeNull();
    expect(tally(policy, 4)).toEqual(new Map(servers.map((server) => [server, server.weight])));
  });
}

/** What holds for policies that do not fill one server before the next. */
export function spreadSuite(create: () => Policy<LoadedServer>): void {
  it('spreads the retries of a failing server over the others', () => {
    const servers = serversOf(1, 1, 1, 1) as [LoadedServer, ...LoadedServer[]];
    const [failing, ...others] = servers;
    const policy = create();
    policy.update(servers);
    const served = new Map<LoadedServer, number>();
    for (const one of keysOf(4000)) {
      let server = policy.pick([], one)!;
      if (server === failing) server = policy.pick([failing], one)!;
      served.set(server, (served.get(server) ?? 0) + 1);
    }
    for (const other of others) expect(served.get(other)).toBeGreaterThanOrEqual(1200);
  });
}
