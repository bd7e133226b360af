import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeastTime, PICKS_PER_HALVING } from './least-time.ts';
import { type LoadedServer, serversOf } from './policy.case.ts';

function policyOf(servers: LoadedServer[]): LeastTime<LoadedServer> {
  const policy = new LeastTime<LoadedServer>();
  policy.update(servers);
  return policy;
}

describe('LeastTime', () => {
  it('picks the least time x (1 + in flight) / weight, always', () => {
    const server = fc.tuple(
      fc.integer({ min: 1, max: 1000 }),
      fc.nat(500),
      fc.double({ min: 0.01, max: 10_000, noNaN: true }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(fc.array(server, { minLength: 1, maxLength: 10 }), (each) => {
        const servers = serversOf(...each.map(([weight]) => weight));
        servers.forEach((one, index) => {
          one.load = each[index]![1];
          one.average = each[index]![2];
        });
        const tried = servers.filter((_, index) => each[index]![3]);
        const left = servers.filter((one) => !tried.includes(one));
        const cost = ({ average, load, weight }: LoadedServer) => (average * (1 + load)) / weight;
        const picked = policyOf(servers).pick(tried);
        if (left.length === 0) expect(picked).toBeNull();
        else expect(cost(picked!)).toBe(Math.min(...left.map(cost)));
      }),
    );
  });

  it('fills servers in proportion to speed and weight', () => {
    const servers = serversOf(1, 1, 2);
    servers.forEach((one, index) => {
      one.average = [10, 20, 20][index]!;
    });
    const policy = policyOf(servers);
    // In use: 1 / 10 : 1 / 20 : 2 / 20.
    for (let request = 0; request < 50; request++) policy.pick([])!.load++;
    expect(servers.map(({ load }) => load)).toEqual([20, 10, 20]);
  });

  it('serves by weight in rotation while nobody has been measured', () => {
    const servers = serversOf(1, 1, 1);
    const policy = policyOf(servers);
    const picks = Array.from({ length: 6 }, () => policy.pick([])!.address).join('');
    expect(picks).toBe('abcabc');
  });

  it('takes a server that was never measured for as fast as the fastest', () => {
    const servers = serversOf(1, 1, 1) as [LoadedServer, LoadedServer, LoadedServer];
    servers[0].average = 5;
    servers[1].average = 50;
    const policy = policyOf(servers);
    for (let request = 0; request < 10; request++) policy.pick([])!.load++;
    expect(servers.map(({ load }) => load)).toEqual([5, 0, 5]);
  });

  it('tries a slow server again, the more seldom the slower it is', () => {
    const waits = [2, 16, 1024].map((times) => {
      const [fast, slow] = serversOf(1, 1) as [LoadedServer, LoadedServer];
      fast.average = 1;
      slow.average = times * 1.01;
      const policy = policyOf([fast, slow]);
      let picks = 1;
      while (policy.pick([]) !== slow) {
        picks++;
        // The fast one is measured with every answer.
        fast.average = picks % 2 === 0 ? 1 : 1.0001;
      }
      return picks / (2 * PICKS_PER_HALVING);
    });
    expect(waits.map(Math.round)).toEqual([2, 5, 11]);
  });

  it('is done with a slow server at once when it is tried and still slow', () => {
    const [fast, slow] = serversOf(1, 1) as [LoadedServer, LoadedServer];
    fast.average = 1;
    slow.average = 100;
    const policy = policyOf([fast, slow]);
    let toSlow = 0;
    for (let request = 0; request < 10_000; request++) {
      if (policy.pick([]) === slow) {
        toSlow++;
        slow.average = slow.average === 100 ? 101 : 100;
      } else {
        fast.average = fast.average === 1 ? 1.0001 : 1;
      }
    }
    expect(toSlow).toBe(Math.trunc(10_000 / (7 * 2 * PICKS_PER_HALVING)));
  });
});
