import { afterEach, describe, expect, it } from 'vitest';
import { type PairOptions, SimPair } from './simulator/sim-pair.case.ts';

const ms = 1000;
const s = 1_000_000;

let pair: SimPair;
afterEach(() => pair.stop());

const bfd = (peer: string) => ({ peer, intervalMs: 3, multiplier: 3 });
const watching: PairOptions = {
  a: { bfd: bfd('198.51.100.12') },
  b: { bfd: bfd('198.51.100.11') },
};

/** A pair in which `a` (priority 200) is Active and BFD is up at its pace. */
async function elected(options: PairOptions = watching): Promise<SimPair> {
  pair = await new SimPair(options).elected();
  await pair.run(4 * s);
  expect(pair.states()).toEqual(['Active', 'Backup']);
  return pair;
}

const session = (host: SimPair['a']) => host.agent?.status().bfd[0];

describe('a pair with BFD at 3 x 3 ms', () => {
  it('takes over from a crashed host within detection and skew, and says why', async () => {
    await elected();
    expect(session(pair.b)).toMatchObject({
      interface: 'eth0',
      peer: '198.51.100.11',
      routers: ['web'],
      state: 'Up',
      detectMs: 9,
    });
    pair.a.lose();
    const took = await pair.until(pair.b, 'Active', 50 * ms);
    expect(took).toBeLessThan(12 * ms);
    expect(
      pair.logged(/^web: Backup to Active: BFD lost 198\.51\.100\.11: no sign of it/),
    ).toHaveLength(1);
    expect(pair.transitions.at(-1)).toMatchObject({
      node: 'b',
      to: 'Active',
      evidence: { reason: 'peer-lost', peer: '198.51.100.11', peerPriority: 200 },
    });
    expect(pair.journals.b.some((line) => line.includes('"peer-lost"'))).toBe(true);
  });

  it('returns the address to the better node as without BFD', async () => {
    await elected();
    pair.a.lose();
    await pair.until(pair.b, 'Active', 50 * ms);
    pair.startHost(pair.a);
    await pair.until(pair.a, 'Active', 130 * ms);
    await pair.run(4 * s);
    expect(pair.holders()).toEqual(['a']);
    expect(session(pair.b)?.state).toBe('Up');
  });

  it('tells an orderly stop from a failure', async () => {
    await elected();
    const stopped = pair.a.agent?.stop();
    await pair.until(pair.b, 'Active', 100 * ms);
    await stopped;
    await pair.run(s);
    expect(session(pair.b)).toMatchObject({ state: 'Down', statistics: { lost: 0 } });
    expect(pair.transitions.at(-1)).toMatchObject({ evidence: { reason: 'resigned' } });
    expect(pair.logged(/down: the peer ended it in order/)).toHaveLength(1);
  });

  it('notices nothing of the loss of the Backup but a session that is down', async () => {
    await elected();
    pair.b.lose();
    await pair.run(s);
    expect(pair.states()[0]).toBe('Active');
    expect(session(pair.a)).toMatchObject({ state: 'Down', statistics: { lost: 1 } });
    expect(pair.holders()).toEqual(['a']);
  });
});

describe('an Active router that was only slow', () => {
  it('answers the packet that says it is lost, and nothing moves', async () => {
    await elected();
    pair.a.pause();
    while (session(pair.b)?.state === 'Up') await pair.run(100);
    expect(session(pair.b)?.statistics.lost).toBe(1);
    pair.a.resume();
    const since = pair.transitions.length;
    await pair.run(5 * s);
    expect(pair.transitions).toHaveLength(since);
    expect(session(pair.b)?.state).toBe('Up');
    // The next loss counts as the first did.
    pair.a.lose();
    expect(await pair.until(pair.b, 'Active', 50 * ms)).toBeLessThan(12 * ms);
  });
});

describe('BFD alone is lost', () => {
  it('and the next adverts put right what the faster signal did', async () => {
    await elected();
    pair.lan.filtered.add('bfd');
    await pair.run(s);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.holders()).toEqual(['a']);
    const since = pair.transitions.length;
    await pair.run(10 * s);
    expect(pair.transitions).toHaveLength(since);
    pair.lan.filtered.delete('bfd');
    await pair.run(10 * s);
    expect(session(pair.b)?.state).toBe('Up');
    expect(pair.transitions).toHaveLength(since);
  });

  it('and nothing moves when an advert is heard before the skew is over', async () => {
    // The skew of 1 s between BFD packets leaves room for ten adverts.
    const slow = (peer: string) => ({ peer, intervalMs: 1000, multiplier: 3 });
    await elected({ a: { bfd: slow('198.51.100.12') }, b: { bfd: slow('198.51.100.11') } });
    const since = pair.transitions.length;
    pair.lan.filtered.add('bfd');
    await pair.run(10 * s);
    expect(session(pair.b)).toMatchObject({ state: 'Down', statistics: { lost: 1 } });
    expect(pair.transitions).toHaveLength(since);
  });

  it('from the start: adverts alone decide', async () => {
    pair = new SimPair(watching);
    pair.lan.filtered.add('bfd');
    await pair.elected();
    await pair.run(12 * s);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.logged(/has not come up in 10 s: adverts alone decide/)).toHaveLength(2);
    pair.a.lose();
    const took = await pair.until(pair.b, 'Active', 400 * ms);
    expect(took).toBeGreaterThan(200 * ms);
  });
});

describe('the lease, with BFD (design 4.3)', () => {
  const leased: PairOptions = { ...watching, leased: true };

  it('silences a stalled Active router before its peer takes over', async () => {
    await elected(leased);
    pair.a.pause();
    await pair.run(9 * ms);
    expect(pair.a.answers).toBe(false);
    expect(pair.states()[1]).toBe('Backup');
    await pair.until(pair.b, 'Active', 3 * ms);
    await pair.run(ms);
    expect([pair.a.answers, pair.b.answers]).toEqual([false, true]);
    await pair.run(20 * ms);
    pair.a.resume();
    await pair.run(ms);
    expect(pair.router(pair.a).state).toBe('Backup');
    expect(pair.a.answers).toBe(false);
    await pair.until(pair.a, 'Active', 200 * ms);
    await pair.run(5 * ms);
    expect([pair.a.answers, pair.b.answers]).toEqual([true, false]);
  });

  it('is kept by adverts alone while the session is not up', async () => {
    pair = new SimPair(leased);
    pair.lan.filtered.add('bfd');
    await pair.elected();
    pair.a.pause();
    await pair.run(150 * ms);
    expect(pair.a.answers).toBe(true);
    await pair.run(100 * ms);
    expect(pair.a.answers).toBe(false);
    pair.a.resume();
  });

  it('does not end with a peer that is lost', async () => {
    await elected(leased);
    pair.b.lose();
    for (let i = 0; i < 100; i++) {
      await pair.run(ms);
      expect(pair.a.answers).toBe(true);
    }
  });

  it('that ended between two late packets is noticed, and not armed by what comes next', async () => {
    await elected(leased);
    pair.a.pause();
    await pair.run(7 * ms);
    pair.a.lease.expire();
    pair.a.resume();
    await pair.run(5 * ms);
    expect(pair.router(pair.a).lease.mute).toBe(true);
    // Its session ends too, which must not give the addresses back before it has looked around.
    pair.lan.cut(pair.a.station, pair.b.station, true);
    pair.lan.cut(pair.b.station, pair.a.station, true);
    await pair.run(80 * ms);
    expect(session(pair.a)?.state).toBe('Down');
    expect(pair.a.answers).toBe(false);
    await pair.run(60 * ms);
    expect(pair.a.answers).toBe(true);
  });

  it('is no obstacle to a stall that is shorter than that', async () => {
    await elected(leased);
    pair.a.pause();
    await pair.run(7 * ms);
    pair.a.resume();
    for (let i = 0; i < 300; i++) {
      await pair.run(ms);
      expect(pair.a.answers).toBe(true);
    }
    expect(pair.states()).toEqual(['Active', 'Backup']);
  });
});

describe('sessions', () => {
  it('are shared by the virtual routers of one interface and peer', async () => {
    pair = await new SimPair({ ...watching, second: { a: 100, b: 200 } }).elected();
    expect(pair.a.agent?.status().bfd.map(({ routers }) => routers)).toEqual([['web']]);
    await pair.stop();
    pair = await new SimPair({
      a: { bfd: bfd('198.51.100.12') },
      b: { bfd: bfd('198.51.100.11') },
      second: { a: 100, b: 200, bfd: true },
    }).elected();
    await pair.run(4 * s);
    expect(pair.b.agent?.status().bfd.map(({ routers }) => routers)).toEqual([['web', 'web2']]);
    pair.a.lose();
    await pair.run(12 * ms);
    expect(pair.b.agent?.status().routers.map(({ state }) => state)).toEqual(['Active', 'Active']);
  });

  it('are none in strict mode, and none without the key', async () => {
    await elected({ ...watching, both: { strictRfc: true } });
    expect(pair.a.agent?.status().bfd).toEqual([]);
    await pair.stop();
    await elected({});
    expect(pair.a.agent?.status().bfd).toEqual([]);
  });

  it('fall with the link and come up again with it', async () => {
    await elected();
    pair.a.setLink('down');
    expect(session(pair.a)).toMatchObject({ state: 'Down', diagnostic: 'path down' });
    expect(await pair.until(pair.b, 'Active', 50 * ms)).toBeLessThan(12 * ms);
    pair.a.setLink('up');
    await pair.run(5 * s);
    expect(session(pair.a)?.state).toBe('Up');
    expect(pair.states()).toEqual(['Active', 'Backup']);
  });

  it('have a status that survives JSON', async () => {
    await elected();
    const status = pair.a.agent?.status();
    expect(JSON.parse(JSON.stringify(status))).toEqual(status);
  });
});
