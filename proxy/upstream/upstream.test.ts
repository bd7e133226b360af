import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { PolicyName, ServerConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import { POLICIES } from '../selection/index.ts';
import { NO_KEY } from '../selection/policy.ts';
import { Verdict } from '../shared/layout.ts';
import { WorkerCells } from '../shared/worker-cells.ts';
import { serverIdentity } from './identity.ts';
import { ServerRegistry } from './registry.ts';
import type { Server } from './server.ts';
import { serversOf, stateOf, upstreamOf } from './upstream.fixture.ts';
import { Upstream } from './upstream.ts';

function setUp(servers: ServerConfig[], part: Partial<UpstreamConfig> = {}) {
  const state = stateOf();
  const registry = new ServerRegistry(state);
  const config = upstreamOf(servers, part);
  const slots = registry.assign([config]);
  const upstream = new Upstream(config, new WorkerCells(state, 0), slots);
  const judge = (index: number, verdict: Verdict) =>
    registry.setVerdict(serverIdentity(config.name, servers[index]!), verdict);
  const drain = (index: number, on: boolean) =>
    registry.setDraining(serverIdentity(config.name, servers[index]!), on);
  const other = new Upstream(config, new WorkerCells(state, 1), slots);
  return { upstream, other, judge, drain };
}

/** Index of each server picked while every one fails. */
function order(upstream: Upstream): number[] {
  const tried: Server[] = [];
  for (let server = upstream.pick(tried); server !== null; server = upstream.pick(tried)) {
    tried.push(server);
  }
  return tried.map((server) => upstream.servers.indexOf(server));
}

const { unknown, up, down } = Verdict;

describe('Upstream.pick', () => {
  it('asks up primaries, up backups, never-checked primaries, never-checked backups', () => {
    const { upstream, judge } = setUp(
      serversOf({ backup: true }, { backup: true }, {}, {}, {}, { weight: 0 }),
    );
    for (const [index, verdict] of [unknown, up, unknown, up, down, up].entries()) {
      judge(index, verdict);
    }
    expect(order(upstream)).toEqual([3, 1, 2, 0]);
  });

  it('uses a server that was never checked only while none is up', () => {
    const { upstream, judge } = setUp(serversOf({}, {}));
    expect(upstream.pick()).not.toBeNull();
    judge(1, up);
    for (let pick = 0; pick < 5; pick++) expect(upstream.pick()).toBe(upstream.servers[1]);
    judge(1, down);
    for (let pick = 0; pick < 5; pick++) expect(upstream.pick()).toBe(upstream.servers[0]);
  });

  it('has a server whose first verdict comes while the groups are made', () => {
    for (let before = 0; before < 10; before++) {
      const { upstream } = setUp(serversOf({}));
      const server = upstream.servers[0]!;
      let reads = 0;
      vi.spyOn(server, 'verdict', 'get').mockImplementation(() => {
        return reads++ < before ? unknown : up;
      });
      expect(upstream.pick() === server, `after ${before} reads`).toBe(true);
    }
  });

  it('has nobody when all are down, and everybody again when they return', () => {
    const { upstream, judge } = setUp(serversOf({}, {}));
    judge(0, down);
    judge(1, down);
    expect(upstream.pick()).toBeNull();
    judge(1, up);
    expect(upstream.pick()).toBe(upstream.servers[1]);
    judge(0, up);
    expect(order(upstream).sort()).toEqual([0, 1]);
  });

  it('gives nothing to a server that drains or has weight 0, even when it is the last', () => {
    const { upstream, judge, drain } = setUp(serversOf({}, { weight: 0 }));
    judge(0, up);
    judge(1, up);
    drain(0, true);
    expect(upstream.pick()).toBeNull();
    drain(0, false);
    expect(upstream.pick()).toBe(upstream.servers[0]);
  });

  it('uses servers of an upstream without a health check', () => {
    const { upstream } = setUp(serversOf({}, {}), { healthCheck: null });
    expect(order(upstream)).toEqual([0, 1]);
  });

  it('does not restart the rotation when something changes in another upstream', () => {
    const state = stateOf();
    const registry = new ServerRegistry(state);
    const configs = [
      upstreamOf(serversOf({}, {}, {}), { healthCheck: null }),
      upstreamOf(serversOf({}), { name: 'db' }),
    ];
    const slots = registry.assign(configs);
    const upstream = new Upstream(configs[0]!, new WorkerCells(state, 0), slots);
    const picks = Array.from({ length: 9 }, (_, index) => {
      registry.setVerdict('db|198.51.100.21:80', index % 2 === 0 ? up : down);
      return upstream.servers.indexOf(upstream.pick()!);
    });
    expect(picks).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  it('least_connections sees what the other workers have in hand', () => {
    const { upstream, other } = setUp(serversOf({}, {}), {
      policy: 'least_connections',
      healthCheck: null,
    });
    const busy = other.pick()!;
    busy.begin();
    const idle = upstream.servers.find((server) => server.identity !== busy.identity);
    for (let pick = 0; pick < 4; pick++) expect(upstream.pick()).toBe(idle);
    busy.end();
    expect(new Set([upstream.pick(), upstream.pick()]).size).toBe(2);
  });

  it('by every policy returns a server that is up, wanted, not full and not tried, if there is one', () => {
    const part = fc.record({
      verdict: fc.constantFrom(unknown, up, down),
      draining: fc.boolean(),
      weight: fc.nat(3),
      backup: fc.boolean(),
      down: fc.boolean(),
      limit: fc.option(fc.integer({ min: 1, max: 3 })),
      load: fc.nat(3),
      tried: fc.boolean(),
    });
    const policy = fc.constantFrom(...(Object.keys(POLICIES) as PolicyName[]));
    const key = fc.oneof(fc.constant(NO_KEY), fc.nat(0xffff_ffff));
    const list = fc.array(part, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(policy, list, key, (name, parts, one) => {
        const servers = serversOf(
          ...parts.map(({ weight, backup, down: never, limit }) => ({
            weight,
            backup,
            down: never,
            ...(limit !== null && { connectionsMax: limit }),
          })),
        );
        const hash = { key: { kind: 'source' }, loadFactor: null } as const;
        const { upstream, judge, drain } = setUp(servers, { policy: name, hash });
        upstream.servers.forEach((server, index) => {
          for (let request = 0; request < parts[index]!.load; request++) server.begin();
        });
        parts.forEach(({ verdict, draining }, index) => {
          judge(index, verdict);
          drain(index, draining);
        });
        const tried = upstream.servers.filter((_, index) => parts[index]!.tried);
        const usable = upstream.servers.filter((server, index) => {
          const { verdict, draining, weight, down: never, limit, load } = parts[index]!;
          const wanted = verdict !== down && !draining && weight > 0 && !never;
          return wanted && !tried.includes(server) && (limit === null || load < limit);
        });
        const picked = upstream.pick(tried, one);
        if (usable.length === 0) expect(picked).toBeNull();
        else expect(usable).toContain(picked);
      }),
    );
  });

  it('refuses to be built without a slot for each server', () => {
    const cells = new WorkerCells(stateOf(), 0);
    expect(() => new Upstream(upstreamOf(serversOf({})), cells, {})).toThrow(
      'no slot for server api|198.51.100.21:80',
    );
  });
});
