import { afterEach, describe, expect, it } from 'vitest';
import type {
  AgentConfig,
  TrackedScript,
  VirtualRouterConfig,
} from '../src/config/agent-config.ts';
import { parseLine } from './journal/journal.ts';
import type { SimHost } from './simulator/sim-host.ts';
import {
  agentConfig,
  type PairOptions,
  routerConfig,
  SimPair,
  VIRTUAL_ADDRESS,
} from './simulator/sim-pair.case.ts';

const ms = 1000;
const s = 1_000_000;
const MORE = '198.51.100.101';
const both = [VIRTUAL_ADDRESS, MORE].map((address) => ({ address, prefixLength: 24 }));

let pair: SimPair;
afterEach(() => pair.stop());

/** A pair in which `a` (priority 200) is Active, under the lease. */
async function elected(options?: PairOptions): Promise<SimPair> {
  pair = await new SimPair({ leased: true, ...options }).elected();
  expect(pair.states()).toEqual(['Active', 'Backup']);
  pair.transitions.length = 0;
  return pair;
}

/** The host's only router changed so; the rest of its configuration as `rest`. */
function reconfigure(
  host: SimHost,
  changes: Partial<VirtualRouterConfig>,
  rest: Partial<AgentConfig> = {},
): void {
  const routers = host.config.virtualRouters.map((router) => ({ ...router, ...changes }));
  host.reconfigure({ ...host.config, virtualRouters: routers, digest: '1'.repeat(64), ...rest });
}

/** Inputs of the state machines of `a` since the journal had so many lines. */
const inputsOf = (host: 'a' | 'b', from: number) =>
  pair.journals[host]
    .slice(from)
    .map(parseLine)
    .flatMap((line) => ('event' in line ? [line] : []));

describe('a virtual router that did not change', () => {
  it('gets no input, keeps its deadlines, and its advertisements are not late', async () => {
    await elected();
    await pair.run(30 * ms);
    const before = pair.router(pair.a);
    const lines = pair.journals.a.length;
    reconfigure(pair.a, {});
    await pair.run(0);
    expect(inputsOf('a', lines)).toEqual([]);
    expect(pair.router(pair.a).timers).toEqual(before.timers);
    await pair.run(s);
    expect(pair.transitions).toEqual([]);
    expect(pair.router(pair.a).statistics.advertLateness.maxMicros).toBeLessThan(ms);
    expect(pair.a.agent?.status().digest).toBe('1'.repeat(64));
  });

  it('is not touched by one that comes, and one that goes', async () => {
    await elected();
    const old = pair.a.config.virtualRouters;
    const db = routerConfig({ name: 'db', vrid: 52, priority: 150, addresses: [both[1]!] });
    for (const host of [pair.a, pair.b]) {
      host.reconfigure({ ...host.config, virtualRouters: [db, ...host.config.virtualRouters] });
    }
    await pair.run(s);
    expect(pair.a.agent?.status().routers.map(({ name }) => name)).toEqual(['db', 'web']);
    expect(pair.transitions.filter(({ router }) => router === 'web')).toEqual([]);
    expect([pair.a, pair.b].filter((host) => host.addresses.has(MORE))).toHaveLength(1);
    for (const host of [pair.a, pair.b]) {
      host.reconfigure({ ...host.config, virtualRouters: host === pair.a ? old : [db] });
    }
    await pair.run(s);
    expect(pair.transitions.filter(({ router }) => router === 'web')).toMatchObject([
      { node: 'b', to: 'Initialize' },
    ]);
    expect(pair.a.addresses).toEqual(new Set([VIRTUAL_ADDRESS]));
    expect(pair.b.addresses).toEqual(new Set([MORE]));
  });
});

describe('a virtual router that changed', () => {
  it('advertises a new interval at once, and the peer waits by it', async () => {
    await elected();
    await pair.run(30 * ms);
    reconfigure(pair.a, { advertIntervalMs: 1000 });
    await pair.run(ms);
    expect(pair.router(pair.b).timers.activeAdvertIntervalMs).toBe(1000);
    await pair.run(10 * s);
    reconfigure(pair.b, { advertIntervalMs: 1000 });
    await pair.run(10 * s);
    expect(pair.transitions).toEqual([]);
    reconfigure(pair.a, { advertIntervalMs: 100 });
    await pair.run(ms);
    expect(pair.router(pair.b).timers.activeAdvertIntervalMs).toBe(100);
    pair.a.pause();
    await pair.run(290 * ms);
    expect(pair.a.answers).toBe(true);
    await pair.run(100 * ms);
    expect([pair.a.answers, pair.b.answers]).toEqual([false, true]);
    pair.a.resume();
  });

  it('adds and removes addresses without leaving Active, and announces', async () => {
    await elected();
    for (const host of [pair.a, pair.b]) reconfigure(host, { addresses: both });
    pair.announcements.length = 0;
    await pair.run(2 * ms);
    expect(pair.a.addresses).toEqual(new Set([VIRTUAL_ADDRESS, MORE]));
    expect(pair.announcements).toEqual(['a', 'a']);
    expect(pair.a.lease.speaksOf(MORE)).toBe(true);
    expect(pair.b.lease.speaksOf(MORE)).toBe(false);
    reconfigure(pair.a, { addresses: [both[1]!] });
    await pair.run(100 * ms);
    expect(pair.a.addresses).toEqual(new Set([MORE]));
    expect(pair.b.addresses.size).toBe(0);
    expect(pair.transitions).toEqual([]);
  });

  it('keeps what it gave up under its rules while the kernel refuses to remove it', async () => {
    await elected({ both: { addresses: both } });
    pair.a.refuseRemovals = true;
    reconfigure(pair.a, { addresses: [both[0]!] });
    await pair.run(500 * ms);
    expect(pair.a.addresses.has(MORE)).toBe(true);
    pair.a.pause();
    await pair.run(400 * ms);
    expect(pair.a.lease.speaksOf(MORE)).toBe(false);
    pair.a.refuseRemovals = false;
    pair.a.resume();
    await pair.run(2 * s);
    expect(pair.a.addresses).toEqual(new Set([VIRTUAL_ADDRESS]));
  });

  it('gives way when its priority falls, and takes back by its new preempt mode', async () => {
    await elected();
    reconfigure(pair.a, { priority: 50 });
    await pair.until(pair.b, 'Active', 100 * ms);
    reconfigure(pair.b, { preempt: false });
    reconfigure(pair.a, { priority: 200, preempt: false });
    await pair.run(2 * s);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    reconfigure(pair.a, { preempt: true });
    await pair.until(pair.a, 'Active', 400 * ms);
  });

  it('is another router under another VRID: one leaves, one starts', async () => {
    await elected();
    for (const host of [pair.b, pair.a]) reconfigure(host, { vrid: 99 });
    await pair.run(s);
    expect(pair.holders()).toEqual(['a']);
    expect(pair.transitions.map(({ vrid, to }) => `${vrid} ${to}`)).toContain('99 Active');
    expect(pair.a.answers).toBe(true);
  });

  it('may change its name, and nothing else', async () => {
    await elected();
    reconfigure(pair.a, { name: 'www' });
    await pair.run(s);
    expect(pair.transitions).toEqual([]);
    expect(pair.router(pair.a).name).toBe('www');
  });
});

describe('what is tracked', () => {
  const script: TrackedScript = {
    name: 'check_origin',
    command: ['check_origin'],
    intervalMs: 200,
    timeoutMs: 100,
    rise: 1,
    fall: 1,
    weight: 0,
  };
  const track = { proxy: false, interfaces: [], scripts: ['check_origin'] };

  it('anew counts for nothing before its first verdict, so that a reload moves nothing', async () => {
    await elected();
    reconfigure(pair.a, { track }, { healthScripts: [script] });
    await pair.run(100);
    expect(pair.router(pair.a).priority).toMatchObject({
      effective: 200,
      trackers: [{ reason: expect.stringContaining('not checked yet') }],
    });
    await pair.run(s);
    expect(pair.transitions).toEqual([]);
    pair.a.script = () => false;
    await pair.until(pair.b, 'Active', 500 * ms);
  });

  it('in another way keeps its verdict', async () => {
    await elected({ both: { track }, rest: { healthScripts: [{ ...script, weight: -150 }] } });
    pair.a.script = () => false;
    await pair.until(pair.b, 'Active', 500 * ms);
    reconfigure(pair.a, {}, { healthScripts: [{ ...script, weight: -20 }] });
    await pair.run(1);
    expect(pair.router(pair.a).priority.effective).toBe(180);
    await pair.until(pair.a, 'Active', 200 * ms);
  });
});

describe('a configuration', () => {
  it('that is another node’s is refused, and nothing changes', async () => {
    await elected();
    const other = agentConfig('z', [routerConfig({ vrid: 7 })]);
    await expect(pair.a.agent?.reconfigure(other)).rejects.toThrow(
      "this node is a, and the new configuration is z's",
    );
    expect(pair.router(pair.a)).toMatchObject({ vrid: 51, state: 'Active' });
  });

  it('that brings the first peer brings the lease', async () => {
    await elected({ rest: { nodes: ['a'] } });
    expect(pair.router(pair.a).lease.reason).toBe('this node has no peer');
    pair.a.reconfigure({ ...pair.a.config, nodes: ['a', 'b'] });
    await pair.run(ms);
    expect(pair.router(pair.a).lease).toEqual({ open: true, reason: null, mute: false });
    expect(pair.a.answers).toBe(true);
    expect(pair.transitions).toEqual([]);
  });

  it('follows the one before, even when both come at once and the agent stops', async () => {
    await elected();
    reconfigure(pair.a, { vrid: 99 });
    reconfigure(pair.a, { vrid: 98 });
    await pair.run(s);
    expect(pair.a.agent?.status().routers.map(({ vrid }) => vrid)).toEqual([98]);
    reconfigure(pair.a, { vrid: 97 });
    await pair.stop();
    expect(pair.a.addresses.size).toBe(0);
  });
});

describe('a sync group', () => {
  it('that loses the member which kept it from claiming asks itself anew', async () => {
    const group = (priority: number) => {
      const member = { syncGroup: 'group', priority };
      return [
        routerConfig(member),
        routerConfig({ ...member, name: 'db', vrid: 52, addresses: [both[1]!] }),
        routerConfig({
          ...member,
          name: 'web.ipv6',
          family: 6,
          addresses: [{ address: 'fe80::100', prefixLength: 64 }],
        }),
      ];
    };
    pair = await new SimPair({ routers: { a: group(200), b: group(100) } }).elected();
    const states = () => pair.b.agent?.status().routers.map(({ state }) => state);
    // Only IPv6 passes between the two.
    pair.lan.cut(pair.a.station, pair.b.station, true, [4]);
    await pair.run(s);
    expect(states()).toEqual(['Backup', 'Backup', 'Backup']);
    pair.b.reconfigure({ ...pair.b.config, virtualRouters: group(100).slice(0, 2) });
    pair.a.lose();
    await pair.run(s);
    expect(states()).toEqual(['Active', 'Active']);
  });
});
