import { describe, expect, it } from 'vitest';
import { ServerCounter, Verdict } from '../shared/layout.ts';
import { WorkerCells } from '../shared/worker-cells.ts';
import { ServerRegistry } from './registry.ts';
import { Server } from './server.ts';
import { serversOf, stateOf, upstreamOf } from './upstream.fixture.ts';

const A = 'api|198.51.100.21:80';
const B = 'api|198.51.100.22:80';

describe('ServerRegistry', () => {
  it('begins servers with a check as unknown and those without as up', () => {
    const registry = new ServerRegistry(stateOf());
    registry.assign([
      upstreamOf(serversOf({})),
      upstreamOf(serversOf({}), { name: 'db', healthCheck: null }),
    ]);
    expect(registry.verdict(A)).toBe(Verdict.unknown);
    expect(registry.verdict('db|198.51.100.21:80')).toBe(Verdict.up);
  });

  it('keeps verdict, drain, counts and work in hand over a reload that changes weights', () => {
    const state = stateOf();
    const registry = new ServerRegistry(state);
    const before = registry.assign([upstreamOf(serversOf({}, {}))]);
    registry.setVerdict(A, Verdict.down);
    registry.setDraining(B, true);
    const server = new Server('api', serversOf({})[0]!, new WorkerCells(state, 1), before[A]!);
    server.begin();

    const after = registry.assign([upstreamOf(serversOf({ weight: 5 }, { backup: true }))]);
    registry.reclaim();
    expect(after).toEqual(before);
    expect(registry.verdict(A)).toBe(Verdict.down);
    expect(registry.draining(B)).toBe(true);
    expect(registry.totals(A)).toMatchObject({ requests: 1, inFlight: 1 });
  });

  it('forgets a vanished server once it has finished its work', () => {
    const state = stateOf(2, 1);
    const registry = new ServerRegistry(state);
    const [old, next] = serversOf({}, {});
    const slots = registry.assign([upstreamOf([old!])]);
    registry.setVerdict(A, Verdict.down);
    registry.setDraining(A, true);
    const server = new Server('api', old!, new WorkerCells(state, 0), slots[A]!);
    server.begin();
    server.count(ServerCounter.bytesOut, 700);

    registry.assign([]);
    registry.reclaim();
    expect(registry.identities()).toEqual([A]);
    server.end();
    expect(registry.totals(A)).toMatchObject({ inFlight: 0, bytesOut: 700 });
    // What has just ended may still be counted.
    expect(registry.reclaim()).toBe(1);
    expect(registry.identities()).toEqual([A]);
    expect(registry.reclaim()).toBe(0);
    expect(registry.identities()).toEqual([]);
    expect(() => registry.totals(A)).toThrow(`no server ${A}`);

    // The next owner of the slot inherits nothing.
    expect(registry.assign([upstreamOf([next!])])[B]).toBe(slots[A]);
    expect(registry.verdict(B)).toBe(Verdict.unknown);
    expect(registry.draining(B)).toBe(false);
    expect(new Set(Object.values(registry.totals(B)))).toEqual(new Set([0]));
  });

  it('takes back a "down" when the check is removed, and keeps "up" when one is added', () => {
    const registry = new ServerRegistry(stateOf());
    registry.assign([upstreamOf(serversOf({}))]);
    registry.setVerdict(A, Verdict.down);
    registry.assign([upstreamOf(serversOf({}), { healthCheck: null })]);
    expect(registry.verdict(A)).toBe(Verdict.up);
    registry.assign([upstreamOf(serversOf({}))]);
    expect(registry.verdict(A)).toBe(Verdict.up);
  });

  it('judges one address in two upstreams apart', () => {
    const registry = new ServerRegistry(stateOf());
    registry.assign([upstreamOf(serversOf({})), upstreamOf(serversOf({}), { name: 'web' })]);
    registry.setVerdict(A, Verdict.down);
    expect(registry.verdict('web|198.51.100.21:80')).toBe(Verdict.unknown);
  });

  it('refuses one server twice in an upstream, and more servers than there are slots', () => {
    const registry = new ServerRegistry(stateOf(1, 2));
    const [one] = serversOf({});
    expect(() => registry.assign([upstreamOf([one!, { ...one!, weight: 2 }])])).toThrow(
      `server ${A} is there twice`,
    );
    expect(() => registry.assign([upstreamOf(serversOf({}, {}, {}))])).toThrow(
      '3 new servers, room for 2 of 2',
    );
    expect(registry.identities()).toEqual([]);
  });

  it('writes IPv6 addresses with brackets', () => {
    const registry = new ServerRegistry(stateOf());
    const slots = registry.assign([upstreamOf(serversOf({ host: '2001:db8::21', port: 8080 }))]);
    expect(Object.keys(slots)).toEqual(['api|[2001:db8::21]:8080', 'api']);
  });
});
