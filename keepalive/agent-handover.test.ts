/** Agreed handovers of two whole agents, over a simulated LAN and side link. */
import { describe, expect, it } from 'vitest';
import { restMicros } from './limits.ts';
import { AGREED_MICROS, DRAIN_MS, end, givenBy, pairOf } from './paired-agents.case.ts';
import {
  bothFamilies,
  routerConfig,
  type SimPair,
  VIRTUAL_ADDRESS,
} from './simulator/sim-pair.case.ts';

const [ms, s] = [1000, 1_000_000];
const answering = ({ a, b }: SimPair) => [a.answers, b.answers];

const drained = (priority: number) => bothFamilies({ priority, drainTimeoutMs: DRAIN_MS });

describe('an operator’s handover', () => {
  it('moves the addresses within milliseconds, and the giver drains, mute', async () => {
    const pair = await pairOf();
    const asked = pair.a.agent!.handover(null);
    const took = await pair.until(pair.b, 'Active', AGREED_MICROS);
    const given = { routers: ['web'], outcome: 'given', reason: null, to: 'the other' };
    expect(await asked).toEqual([given]);
    expect(took).toBeLessThan(restMicros + 3 * ms);
    await pair.run(5 * ms);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    expect(answering(pair)).toEqual([false, true]);
    expect(pair.a.addresses.has(VIRTUAL_ADDRESS)).toBe(true);
    expect(pair.a.lease.passesIp(VIRTUAL_ADDRESS)).toBe(true);
    expect(pair.b.handover.passesOn.get(VIRTUAL_ADDRESS)).toBe('198.51.100.11');
    const { drain, yielded } = pair.router(pair.a);
    expect(yielded).toBe(true);
    expect(drain?.leftMs).toBeGreaterThan(DRAIN_MS - 100);
    end(pair);
  });

  it('is over when no connection is left', async () => {
    const pair = await pairOf();
    await givenBy(pair, 'a');
    await pair.run(5 * s);
    expect(pair.router(pair.a).drain?.connections).toBe(5);
    expect(pair.b.handover.passesOn.size).toBe(1);
    pair.a.handover.connections.clear();
    await pair.run(2 * s);
    expect(pair.router(pair.a).drain).toBeNull();
    expect(pair.router(pair.a).lastDrain).toMatchObject({ how: 'empty', connections: 0 });
    expect(pair.a.addresses.size).toBe(0);
    expect(pair.b.handover.passesOn.size).toBe(0);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    end(pair);
  });

  it('says what was cut, also when nothing is left of it at the last count', async () => {
    const pair = await pairOf({ both: { drainTimeoutMs: 3_000 } });
    await givenBy(pair, 'a');
    await pair.run(2_900 * ms);
    // The balancer's clock is not the agent's.
    pair.a.handover.connections.clear();
    await pair.run(s);
    expect(pair.router(pair.a).lastDrain).toMatchObject({ how: 'timeout', connections: 5 });
    end(pair);
  });

  it('is over at its time, whatever is left', async () => {
    const pair = await pairOf({ both: { drainTimeoutMs: 3_000 } });
    await givenBy(pair, 'a');
    await pair.run(5 * s);
    expect(pair.router(pair.a).drain).toBeNull();
    expect(pair.router(pair.a).lastDrain).toMatchObject({ how: 'timeout', connections: 5 });
    expect(pair.a.addresses.size).toBe(0);
    expect(pair.b.handover.passesOn.size).toBe(0);
    end(pair);
  });

  it('goes back, and back again, while both still drain', async () => {
    const pair = await pairOf();
    await givenBy(pair, 'a');
    expect((await givenBy(pair, 'b')).outcome).toBe('given');
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.router(pair.a).drain).toBeNull();
    expect(pair.router(pair.b).drain).not.toBeNull();
    expect(pair.a.handover.passesOn.get(VIRTUAL_ADDRESS)).toBe('198.51.100.12');
    await pair.run(2 * s);
    expect(pair.b.handover.passesOn.size).toBe(0);
    expect((await givenBy(pair, 'a')).outcome).toBe('given');
    expect(answering(pair)).toEqual([false, true]);
    // Until the neighbours know where the addresses are, its drained connections are looked after.
    expect(pair.a.handover.passesOn.get(VIRTUAL_ADDRESS)).toBe('198.51.100.12');
    await pair.run(2 * s);
    expect(pair.a.handover.passesOn.size).toBe(0);
    expect(pair.b.handover.passesOn.get(VIRTUAL_ADDRESS)).toBe('198.51.100.11');
    end(pair);
  });

  it('moves both families of a router together', async () => {
    const pair = await pairOf({ routers: { a: drained(200), b: drained(100) } });
    const routers = ['web', 'web.ipv6'];
    expect(await givenBy(pair, 'a')).toMatchObject({ routers, outcome: 'given' });
    const states = ({ agent }: SimPair['a']) => agent!.status().routers.map(({ state }) => state);
    expect([pair.a, pair.b].flatMap(states)).toEqual(['Backup', 'Backup', 'Active', 'Active']);
    end(pair);
  });

  it('stays given as a whole when a family that could not take part comes back', async () => {
    const pair = await pairOf({ routers: { a: drained(200), b: drained(100) } });
    pair.a.setSource(6, false);
    expect((await givenBy(pair, 'a')).routers).toEqual(['web']);
    await pair.run(5 * s);
    pair.a.setSource(6, true);
    await pair.run(30 * s);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    pair.a.agent!.hold(false);
    await pair.until(pair.a, 'Active', 400 * ms);
    end(pair);
  });

  it('stays given: the better node does not take it back before the release', async () => {
    const pair = await pairOf();
    await givenBy(pair, 'a');
    await pair.run(30 * s);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    pair.a.agent!.hold(false);
    await pair.until(pair.a, 'Active', 400 * ms);
    await pair.run(5 * ms);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.router(pair.b).drain).not.toBeNull();
    end(pair);
  });

  it.each([
    [
      'a peer that is not connected',
      'not connected',
      (pair: SimPair) => {
        pair.sideLink.cut = true;
      },
    ],
    [
      'a peer whose balancer is dead',
      'balancer is dead',
      (pair: SimPair) => pair.b.setProxy({ alive: false, ready: false, reasons: ['gone'] }),
    ],
  ])('is refused with %s, and nothing moves', async (_what, why, spoil) => {
    const track = { proxy: true, interfaces: [], scripts: [] };
    const pair = await pairOf({ both: { track } });
    spoil(pair);
    await pair.run(50 * ms);
    const result = await givenBy(pair, 'a');
    expect(result.outcome).toBe('refused');
    expect(result.reason).toContain(why);
    await pair.run(s);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.a.addresses.has(VIRTUAL_ADDRESS)).toBe(true);
    end(pair);
  });

  it('is refused when the answer is lost, and then the rules of the peer go', async () => {
    const pair = await pairOf();
    const asked = pair.a.agent!.handover(null);
    pair.sideLink.loss = 1;
    await pair.run(3 * s);
    expect((await asked)[0]?.outcome).toBe('refused');
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.b.handover.passesOn.size).toBe(0);
    end(pair);
  });

  it('on a node that is Backup says so', async () => {
    const pair = await pairOf();
    expect((await givenBy(pair, 'b')).outcome).toBe('not-active');
    end(pair);
  });
});

describe('who moves by agreement without being told', () => {
  it('a better node that comes back', async () => {
    const pair = await pairOf();
    pair.a.lose();
    await pair.until(pair.b, 'Active', s);
    pair.startHost(pair.a);
    pair.a.setProxy({ alive: true, ready: true, reasons: [] });
    await pair.until(pair.a, 'Active', 3 * s);
    await pair.run(5 * ms);
    expect(pair.router(pair.b)).toMatchObject({
      state: 'Backup',
      drain: { forMs: expect.any(Number) },
    });
    expect(pair.logged(/handed the addresses over/)).toHaveLength(1);
    expect(pair.a.handover.passesOn.get(VIRTUAL_ADDRESS)).toBe('198.51.100.12');
    end(pair);
  });

  it('a better node that is given the addresses before it hears that it will be', async () => {
    const pair = await pairOf();
    pair.a.lose();
    await pair.until(pair.b, 'Active', s);
    pair.startHost(pair.a);
    pair.a.agent!.hold(true);
    await pair.run(2 * s);
    // The answer, and the report of the drain, come after patience has ended.
    pair.sideLink.slowMicros = 150 * ms;
    pair.a.agent!.hold(false);
    await pair.until(pair.a, 'Active', 3 * s);
    expect(pair.router(pair.b).drain).not.toBeNull();
    await pair.run(200 * ms);
    expect(pair.logged(/no agreed handover/)).toEqual([]);
    expect(pair.a.handover.passesOn.get(VIRTUAL_ADDRESS)).toBe('198.51.100.12');
    await pair.run(5 * s);
    expect(pair.a.handover.passesOn.get(VIRTUAL_ADDRESS)).toBe('198.51.100.12');
    end(pair);
  });

  it('a better node whose peer dies while it is asked, after a plain takeover time', async () => {
    const pair = await pairOf({ both: { advertIntervalMs: 20 } });
    pair.a.lose();
    await pair.until(pair.b, 'Active', s);
    pair.startHost(pair.a);
    pair.a.agent!.hold(true);
    await pair.run(2 * s);
    pair.sideLink.slowMicros = 2 * s;
    pair.a.agent!.hold(false);
    await pair.run(60 * ms);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    pair.b.lose();
    expect(await pair.until(pair.a, 'Active', s)).toBeLessThan(70 * ms);
    end(pair);
  });

  it('a node whose priority falls while its balancer serves', async () => {
    const script = {
      name: 'check',
      command: ['/check'],
      intervalMs: 100,
      timeoutMs: 50,
      rise: 1,
      fall: 1,
      weight: -150,
    };
    const track = { proxy: false, interfaces: [], scripts: ['check'] };
    const pair = await pairOf({ both: { track }, rest: { healthScripts: [script] } });
    pair.a.script = () => false;
    await pair.until(pair.b, 'Active', 300 * ms);
    await pair.run(5 * ms);
    expect(pair.router(pair.a).drain).not.toBeNull();
    expect(pair.router(pair.a).yielded).toBe(false);
    pair.a.script = () => true;
    await pair.until(pair.a, 'Active', s);
    end(pair);
  });

  it('a node that stops, which waits for its connections', async () => {
    const pair = await pairOf();
    let over = false;
    const stopped = pair.a.agent!.stop().then(() => {
      over = true;
    });
    await pair.run(5 * s);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    expect(over).toBe(false);
    pair.a.handover.connections.clear();
    for (let turn = 0; turn < 4 && !over; turn++) await pair.run(s);
    await stopped;
    expect(pair.a.addresses.size).toBe(0);
    end(pair);
  });

  it('nobody while an operator holds either node', async () => {
    const pair = await pairOf();
    pair.b.agent!.hold(true);
    await pair.run(s);
    pair.a.lose();
    await pair.until(pair.b, 'Active', s);
    pair.startHost(pair.a);
    pair.a.setProxy({ alive: true, ready: true, reasons: [] });
    await pair.run(30 * s);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    expect(pair.a.agent!.status().hold).toEqual({ own: false, peer: true });
    pair.b.agent!.hold(false);
    await pair.until(pair.a, 'Active', 3 * s);
    end(pair);
  });
});

describe('a hold', () => {
  it('is kept to by a router that a new configuration adds', async () => {
    const pair = await pairOf();
    pair.a.agent!.hold(true);
    const second = (priority: number) =>
      routerConfig({
        name: 'web2',
        vrid: 52,
        priority,
        drainTimeoutMs: DRAIN_MS,
        addresses: [{ address: '198.51.100.101', prefixLength: 24 }],
      });
    const add = (host: SimPair['a'], priority: number) => {
      const virtualRouters = [...host.config.virtualRouters, second(priority)];
      host.reconfigure({ ...host.config, virtualRouters });
    };
    add(pair.b, 100);
    await pair.run(2 * s);
    add(pair.a, 200);
    await pair.run(10 * s);
    expect(pair.a.agent!.status().routers).toMatchObject([
      { state: 'Active' },
      { state: 'Backup' },
    ]);
    end(pair);
  });
});
