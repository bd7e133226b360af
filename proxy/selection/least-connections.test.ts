import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeastConnections } from './least-connections.ts';
import { type LoadedServer, serversOf } from './policy.case.ts';

function policyOf(servers: LoadedServer[]): LeastConnections<LoadedServer> {
  const policy = new LeastConnections<LoadedServer>();
  policy.update(servers);
  return policy;
}

describe('LeastConnections', () => {
  it('picks a server with the lowest load for its weight, always', () => {
    const server = fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.nat(5000), fc.boolean());
    fc.assert(
      fc.property(fc.array(server, { minLength: 1, maxLength: 10 }), (each) => {
        const servers = serversOf(...each.map(([weight]) => weight));
        servers.forEach((one, index) => {
          one.load = each[index]![1];
        });
        const tried = servers.filter((_, index) => each[index]![2]);
        const left = servers.filter((one) => !tried.includes(one));
        const picked = policyOf(servers).pick(tried);
        if (left.length === 0) {
          expect(picked).toBeNull();
          return;
        }
        expect(left).toContain(picked);
        // By multiplication, as exact as the weights are whole.
        for (const other of left) {
          expect(picked!.load * other.weight).toBeLessThanOrEqual(other.load * picked!.weight);
        }
      }),
    );
  });

  it('fills unequal servers in proportion to their weights', () => {
    const servers = serversOf(3, 1, 2);
    const policy = policyOf(servers);
    for (let request = 0; request < 600; request++) policy.pick([])!.load++;
    expect(servers.map(({ load }) => load)).toEqual([300, 100, 200]);
  });

  it('serves equals in turn', () => {
    const servers = serversOf(1, 1, 1) as [LoadedServer, LoadedServer, LoadedServer];
    servers[1].load = 1;
    const policy = policyOf(servers);
    const picks = Array.from({ length: 6 }, () => policy.pick([])!.address).join('');
    expect(picks).toBe('acacac');
  });

  it('lets a slow server fall behind', () => {
    const [slow, fast] = serversOf(1, 1) as [LoadedServer, LoadedServer];
    const policy = policyOf([slow, fast]);
    let toSlow = 0;
    for (let request = 0; request < 100; request++) {
      const server = policy.pick([])!;
      server.load++;
      if (server === slow) toSlow++;
      fast.load = 0;
    }
    expect(toSlow).toBe(1);
  });
});
