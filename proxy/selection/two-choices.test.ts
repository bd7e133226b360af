import { describe, expect, it } from 'vitest';
import { chiSquare } from './chi-square.fixture.ts';
import { type LoadedServer, serversOf } from './policy.case.ts';
import { TwoChoices } from './two-choices.ts';

const SEEDS = [1, 2, 3, 4, 5];

function policyOf(servers: LoadedServer[], seed = 1): TwoChoices<LoadedServer> {
  const policy = new TwoChoices<LoadedServer>(seed);
  policy.update(servers);
  return policy;
}

function counts(
  servers: LoadedServer[],
  tried: LoadedServer[],
  seed: number,
  picks = 20_000,
): number[] {
  const policy = policyOf(servers, seed);
  const found = new Map(servers.map((server) => [server, 0]));
  for (let pick = 0; pick < picks; pick++) {
    const server = policy.pick(tried)!;
    found.set(server, found.get(server)! + 1);
  }
  return [...found.values()];
}

describe('TwoChoices', () => {
  it.each([[[1, 1, 1]], [[5, 1, 1]], [[1000, 1]], [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]])(
    'draws idle servers in proportion to weights %j (chi-square, p 0.001)',
    (weights) => {
      for (const seed of SEEDS) {
        const picks = counts(serversOf(...weights), [], seed);
        expect(chiSquare(picks, weights)).toBeLessThan(1);
      }
    },
  );

  it('draws those left by weight when others were tried (chi-square, p 0.001)', () => {
    const servers = serversOf(4, 2, 7, 1);
    for (const seed of SEEDS) {
      const [a, b, c, d] = counts(servers, [servers[2]!], seed) as [number, number, number, number];
      expect(c).toBe(0);
      expect(chiSquare([a, b, d], [4, 2, 1])).toBeLessThan(1);
    }
  });

  it('always takes the less loaded of two', () => {
    const [busy, idle] = serversOf(3, 1) as [LoadedServer, LoadedServer];
    busy.load = 4;
    idle.load = 1;
    // 4 / 3 in flight per weight against 1 / 1.
    expect(counts([busy, idle], [], 1, 500)).toEqual([0, 500]);
    busy.load = 2;
    expect(counts([busy, idle], [], 1, 500)).toEqual([500, 0]);
  });

  it('picks the most loaded of three only if it is drawn twice, which it is not', () => {
    const servers = serversOf(1, 1, 1) as [LoadedServer, LoadedServer, LoadedServer];
    servers[0].load = 10;
    servers[1].load = 5;
    const [most, middle, least] = counts(servers, [], 7) as [number, number, number];
    expect(most).toBe(0);
    // Two of the three pairs have the least loaded one.
    expect(chiSquare([middle, least], [1, 2])).toBeLessThan(1);
  });

  it('keeps many servers nearly even, where one random choice would not', () => {
    const servers = serversOf(...Array.from({ length: 10 }, () => 1));
    const policy = policyOf(servers, 3);
    for (let request = 0; request < 10_000; request++) policy.pick([])!.load++;
    const loads = servers.map(({ load }) => load);
    // One choice gives a spread of some 200 here; of two, ln ln n.
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(6);
  });
});
