/** What every policy must do, whatever its algorithm. Run against each in policies.test.ts. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Candidate, Policy } from './policy.ts';

/** A candidate whose load the test sets. */
export class LoadedServer implements Candidate {
  readonly name: string;
  readonly weight: number;
  load = 0;

  constructor(name: string, weight = 1) {
    this.name = name;
    this.weight = weight;
  }

  inFlight(): number {
    return this.load;
  }
}

/** Servers a, b, c, ... of these weights. */
export function serversOf(...weights: number[]): LoadedServer[] {
  return weights.map((weight, index) => new LoadedServer(String.fromCharCode(97 + index), weight));
}

/** How often each server is picked in `count` picks, each request over before the next comes. */
export function tally<C extends Candidate>(policy: Policy<C>, count: number): Map<C, number> {
  const picks = new Map<C, number>();
  for (let index = 0; index < count; index++) {
    const server = policy.pick([], 0)!;
    picks.set(server, (picks.get(server) ?? 0) + 1);
  }
  return picks;
}

const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });

/** The suite. `create` makes a fresh policy without candidates. */
export function policySuite(create: () => Policy<LoadedServer>): void {
  it('has nobody before it is given candidates, and when there are none', () => {
    const policy = create();
    expect(policy.pick([], 0)).toBeNull();
    policy.update(serversOf(1, 2));
    policy.update([]);
    expect(policy.pick([], 0)).toBeNull();
  });

  it('gives a single server everything, and nothing again on a retry', () => {
    const [only] = serversOf(7) as [LoadedServer];
    const policy = create();
    policy.update([only]);
    for (let index = 0; index < 20; index++) expect(policy.pick([], 0)).toBe(only);
    expect(policy.pick([only], 0)).toBeNull();
  });

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

  it('never picks what was tried, and reaches every server by retrying', () => {
    fc.assert(
      fc.property(weights, fc.nat(30), (each, lead) => {
        const servers = serversOf(...each);
        const policy = create();
        policy.update(servers);
        tally(policy, lead);
        const tried: LoadedServer[] = [];
        for (let attempt = 0; attempt < servers.length; attempt++) {
          const server = policy.pick(tried, 0)!;
          expect(tried).not.toContain(server);
          tried.push(server);
        }
        expect(new Set(tried)).toEqual(new Set(servers));
        expect(policy.pick(tried, 0)).toBeNull();
      }),
    );
  });

  it('goes on after everybody was tried', () => {
    const servers = serversOf(3, 1);
    const policy = create();
    policy.update(servers);
    expect(policy.pick(servers, 0)).toBeNull();
    expect(tally(policy, 4)).toEqual(new Map(servers.map((server) => [server, server.weight])));
  });

  it('spreads the retries of a failing server over the others', () => {
    const servers = serversOf(1, 1, 1, 1) as [LoadedServer, ...LoadedServer[]];
    const [failing, ...others] = servers;
    const policy = create();
    policy.update(servers);
    const served = new Map<LoadedServer, number>();
    for (let request = 0; request < 300; request++) {
      let server = policy.pick([], 0)!;
      if (server === failing) server = policy.pick([failing], 0)!;
      served.set(server, (served.get(server) ?? 0) + 1);
    }
    for (const other of others) expect(served.get(other)).toBeGreaterThanOrEqual(90);
  });
}
