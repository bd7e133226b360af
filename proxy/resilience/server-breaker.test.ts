import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Verdict } from '../shared/layout.ts';
import type { Server } from '../upstream/server.ts';
import { serversOf } from '../upstream/upstream.fixture.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { phaseOf } from './circuit-breaker.ts';
import { ejectingUpstream, OUTLIER, PASSIVE } from './ejection.fixture.ts';

function fail(server: Server, times: number): void {
  for (let index = 0; index < times; index++) server.failed('connect_failed');
}

/** Whom `count` requests are given to. */
function picks(upstream: Upstream, count: number): Set<Server | null> {
  return new Set(Array.from({ length: count }, () => upstream.pick()));
}

describe('a server that fails', () => {
  it('is out for every worker at its next pick, whoever saw the failures', () => {
    const { upstreams } = ejectingUpstream(serversOf({}, {}, {}));
    const [one, two] = upstreams as [Upstream, Upstream];
    expect(picks(one, 6).size).toBe(3);
    expect(picks(two, 6).size).toBe(3);
    fail(one.servers[0]!, 2);
    fail(two.servers[0]!, 1);
    for (const upstream of [one, two]) {
      const [failing, ...others] = upstream.servers;
      expect(picks(upstream, 6)).toEqual(new Set(others));
      expect(failing!.available()).toBe(false);
      expect(failing!.admits()).toBe(false);
    }
  });

  it('stays in with a success between, on another worker too', () => {
    const { upstreams } = ejectingUpstream(serversOf({}, {}));
    const [one, two] = upstreams as [Upstream, Upstream];
    fail(one.servers[0]!, 2);
    two.servers[0]!.answered(200, 0);
    fail(one.servers[0]!, 2);
    expect(picks(one, 4).size).toBe(2);
  });

  it('is judged by the status codes that are errors, and by no others', () => {
    const { upstreams } = ejectingUpstream(serversOf({}, {}));
    const [server, other] = upstreams[0]!.servers;
    for (const status of [404, 404, 404, 499]) other!.answered(status, 0);
    for (const status of [500, 503, 599]) server!.answered(status, 0);
    expect(upstreams[0]!.servers.map(({ ejected }) => ejected)).toEqual([true, false]);
  });

  it('stays in when too many of its upstream are out, and never goes as the last', () => {
    const { upstreams } = ejectingUpstream(serversOf({}, {}, {}, {}));
    const [upstream] = upstreams as [Upstream];
    for (const server of upstream.servers) fail(server, 5);
    expect(upstream.servers.map(({ ejected }) => ejected)).toEqual([true, true, false, false]);
    const lone = ejectingUpstream(serversOf({}), { ejection: PASSIVE }).upstreams[0]!;
    fail(lone.servers[0]!, 5);
    expect(lone.pick()).toBe(lone.servers[0]);
    const all = ejectingUpstream(serversOf({}, {}), { ejection: PASSIVE }).upstreams[0]!;
    for (const server of all.servers) fail(server, 5);
    expect(all.servers.map(({ ejected }) => ejected)).toEqual([true, false]);
  });

  it('is not counted among those that may go when it is to have no work', () => {
    const servers = serversOf({}, {}, { weight: 0 }, { weight: 0 });
    const [upstream] = ejectingUpstream(servers, { ejection: PASSIVE }).upstreams as [Upstream];
    for (const server of upstream.servers) fail(server, 1);
    expect(upstream.servers.slice(0, 2).map(({ ejected }) => ejected)).toEqual([true, false]);
  });

  it('is used when nobody else is left: those left were tried, drained or down', () => {
    const { upstreams, registry, config } = ejectingUpstream(serversOf({}, {}, { backup: true }));
    const [upstream] = upstreams as [Upstream];
    const [failing, other, backup] = upstream.servers as [Server, Server, Server];
    fail(failing, 3);
    expect(picks(upstream, 4)).toEqual(new Set([other]));
    expect(upstream.pick([other])).toBe(backup);
    expect(upstream.pick([other, backup])).toBe(failing);
    expect(config.servers.length).toBe(3);
    registry.setDraining(other.identity, true);
    registry.setDraining(backup.identity, true);
    expect(picks(upstream, 4)).toEqual(new Set([failing]));
  });

  it('gets one trial over all workers when its time is over, and is back when that passes', () => {
    const { upstreams, registry } = ejectingUpstream(serversOf({}, {}));
    const [one, two] = upstreams as [Upstream, Upstream];
    const [server] = one.servers as [Server];
    fail(server, 3);
    registry.breaker(server.identity).apply('rested', OUTLIER);
    const given = [one, two, one, two, one, two, one, two].map((upstream) => {
      const chosen = upstream.pick()!;
      chosen.begin();
      return chosen.identity;
    });
    expect(given.filter((identity) => identity === server.identity)).toHaveLength(1);
    two.servers[0]!.answered(200, 0);
    expect(picks(one, 4).size).toBe(2);
    expect(registry.breaker(server.identity).word).not.toBe(0);
    expect(registry.breaker(server.identity).reason).toBe('connect_failed');
  });

  it('is out again at once when its trial fails', () => {
    const { upstreams, registry } = ejectingUpstream(serversOf({}, {}));
    const [one, two] = upstreams as [Upstream, Upstream];
    const [server] = one.servers as [Server];
    fail(server, 3);
    registry.breaker(server.identity).apply('rested', OUTLIER);
    while (one.pick() !== server);
    server.begin();
    server.answered(503, 0);
    expect(server.ejected).toBe(true);
    expect(picks(two, 4)).toEqual(new Set([two.servers[1]]));
    expect(registry.breaker(server.identity).reason).toBe('status 503');
  });

  it('gets another trial when the client of the first goes away', () => {
    const { upstreams, registry } = ejectingUpstream(serversOf({}, {}));
    const [one, two] = upstreams as [Upstream, Upstream];
    const [server] = one.servers as [Server];
    fail(server, 3);
    registry.breaker(server.identity).apply('rested', OUTLIER);
    expect(server.admits()).toBe(true);
    server.begin();
    expect(two.servers[0]!.admits()).toBe(false);
    server.end();
    expect(two.servers[0]!.admits()).toBe(true);
    two.servers[0]!.begin();
    two.servers[0]!.answered(200, 0);
    two.servers[0]!.end();
    expect(server.out).toBe(false);
  });

  it('gets more than its trials when nobody else is left', () => {
    const { upstreams, registry } = ejectingUpstream(serversOf({}, {}));
    const [one, two] = upstreams as [Upstream, Upstream];
    const [server, other] = one.servers as [Server, Server];
    fail(server, 3);
    registry.breaker(server.identity).apply('rested', OUTLIER);
    expect(server.admits()).toBe(true);
    server.begin();
    expect(picks(two, 4)).toEqual(new Set([two.servers[1]]));
    expect(one.pick([other])).toBe(server);
    registry.setVerdict(other.identity, Verdict.down);
    for (const upstream of upstreams) {
      expect(picks(upstream, 4)).toEqual(new Set([upstream.servers[0]]));
    }
  });

  it('gets nothing beyond its trials while others are only full', () => {
    const { upstreams, registry } = ejectingUpstream(serversOf({}, { connectionsMax: 1 }));
    const [upstream] = upstreams as [Upstream];
    const [server, full] = upstream.servers as [Server, Server];
    fail(server, 3);
    registry.breaker(server.identity).apply('rested', OUTLIER);
    for (const one of [server, full]) {
      expect(one.admits()).toBe(true);
      one.begin();
    }
    expect(upstream.pick()).toBe(null);
  });

  it('gets another trial when it is replaced on its slot, and its own requests are over', () => {
    const { upstreams, registry, slots } = ejectingUpstream(serversOf({}, {}));
    const [upstream] = upstreams as [Upstream];
    const [before] = upstream.servers as [Server];
    fail(before, 3);
    registry.breaker(before.identity).apply('rested', OUTLIER);
    expect(before.admits()).toBe(true);
    before.begin();
    upstream.replace(serversOf({ connectionsMax: 9 }, {}), slots);
    const [after] = upstream.servers as [Server];
    expect(after).not.toBe(before);
    after.begin();
    before.end();
    expect(after.admits()).toBe(true);
  });

  it('keeps a trial that nobody made use of', () => {
    const { upstreams, registry } = ejectingUpstream(serversOf({}, {}));
    const [one, two] = upstreams as [Upstream, Upstream];
    const [server] = one.servers as [Server];
    fail(server, 3);
    registry.breaker(server.identity).apply('rested', OUTLIER);
    expect([server.admits(), server.admits()]).toEqual([true, true]);
    expect(two.servers[0]!.admits()).toBe(false);
    server.begin();
    expect(server.admits()).toBe(false);
  });
});

describe('when the servers left are fewer than the threshold', () => {
  it('all are used that are to have work, whatever is known of them', () => {
    const servers = serversOf({}, {}, {}, { weight: 0 }, { backup: true });
    const { upstreams, registry } = ejectingUpstream(servers, {
      healthCheck: null,
      panicThreshold: 50,
    });
    const [upstream] = upstreams as [Upstream];
    const [first, second, third, idle, backup] = upstream.servers as [
      Server,
      Server,
      Server,
      Server,
      Server,
    ];
    fail(first, 3);
    registry.setVerdict(second.identity, 2);
    // Two of four: not fewer than half.
    expect(picks(upstream, 8)).toEqual(new Set([third]));
    registry.setVerdict(third.identity, 2);
    expect(picks(upstream, 16)).toEqual(new Set([first, second, third, backup]));
    expect(picks(upstream, 16)).not.toContain(idle);
    registry.setVerdict(second.identity, 1);
    expect(picks(upstream, 8)).toEqual(new Set([second]));
  });
});

it('counts failures exactly, however many threads see them at once', async () => {
  const workers = 3;
  const rounds = 20_000;
  const servers = serversOf({}, {}, {}, {}, {}, {}, {}, {});
  const { state, registry, config, slots } = ejectingUpstream(
    servers,
    { ejection: { ...OUTLIER, failuresMax: 5 } },
    workers,
  );
  const threads = Array.from(
    { length: workers },
    (_, workerIndex) =>
      new Worker(new URL('failing-worker.fixture.ts', import.meta.url), {
        workerData: { state, slots, config, workerIndex, rounds },
      }),
  );
  await Promise.all(threads.map((thread) => once(thread, 'message')));
  await Promise.all(threads.map((thread) => thread.terminate()));
  const out = servers.filter(({ host, port }) => {
    return phaseOf(registry.breaker(`api|${host}:${port}`).word) !== 'closed';
  });
  // Half of eight: whoever opened one too many has closed it again.
  expect(out.length).toBeLessThanOrEqual(4);
  const seen = servers.map(({ host, port }) => {
    const { successes, failures } = registry.outcomes(`api|${host}:${port}`);
    return successes + failures;
  });
  expect(seen.reduce((sum, count) => sum + count, 0)).toBe(workers * rounds);
}, 60_000);
