import { afterEach, describe, expect, it } from 'vitest';
import { type PairOptions, SimPair } from './simulator/sim-pair.case.ts';

const ms = 1000;
const s = 1_000_000;

let pair: SimPair;
afterEach(() => pair.stop());

/** A pair in which `a` (priority 200) is Active. */
async function elected(options?: PairOptions): Promise<SimPair> {
  pair = await new SimPair(options).elected();
  expect(pair.states()).toEqual(['Active', 'Backup']);
  return pair;
}

describe('the lease', () => {
  it('silences a stalled Active router before its peer takes over', async () => {
    await elected({ leased: true });
    expect(pair.router(pair.a).lease).toEqual({ open: true, reason: null, mute: false });
    pair.a.pause();
    await pair.run(240 * ms);
    expect(pair.a.answers).toBe(false);
    expect(pair.holders()).toEqual(['a']);
    await pair.until(pair.b, 'Active', 100 * ms);
    expect(pair.b.answers).toBe(false);
    await pair.run(ms);
    expect(pair.b.answers).toBe(true);
    pair.a.resume();
    await pair.run(ms);
    expect(pair.router(pair.a).state).toBe('Backup');
    await pair.until(pair.a, 'Active', 200 * ms);
    await pair.run(5 * ms);
    expect([pair.a.answers, pair.b.answers]).toEqual([true, false]);
  });

  it('after a stall that nobody noticed is armed again only when nobody answered', async () => {
    await elected({ leased: true });
    pair.b.kill();
    pair.a.pause();
    await pair.run(s);
    pair.a.resume();
    expect(pair.router(pair.a).lease.mute).toBe(true);
    expect(pair.a.answers).toBe(false);
    await pair.run(100 * ms);
    expect(pair.a.answers).toBe(false);
    await pair.run(30 * ms);
    expect(pair.a.answers).toBe(true);
    expect(pair.router(pair.a).lease.mute).toBe(false);
  });

  it.each([4, 6] as const)(
    'that lapsed just before an advertisement is noticed, IPv%i',
    async (family) => {
      await elected({
        leased: true,
        both:
          family === 4
            ? {}
            : { family, addresses: [{ address: '2001:db8::100', prefixLength: 64 }] },
        sources: family === 4 ? ['198.51.100.11', '198.51.100.12'] : ['fe80::11', 'fe80::12'],
      });
      pair.b.kill();
      // Late by more than an interval, but not by so much that it has to be a stall; meanwhile
      // somebody ended the lease.
      pair.a.pause();
      await pair.run(250 * ms);
      pair.a.lease.expire();
      pair.a.resume();
      expect(pair.a.answers).toBe(false);
      await pair.run(125 * ms);
      expect(pair.a.answers).toBe(true);
    },
  );

  it('is ended on the way to Backup, and removed when the agent stops', async () => {
    await elected({ leased: true });
    const stopped = pair.a.agent?.stop();
    await pair.run(5 * ms);
    await stopped;
    expect(pair.holders()).toEqual([]);
    expect(pair.a.lease.speaks).toBe(true);
  });

  it('outlives an agent that could not take its addresses off the host', async () => {
    await elected({ leased: true });
    pair.a.refuseRemovals = true;
    const stopped = pair.a.agent?.stop();
    await pair.run(5 * ms);
    await stopped;
    expect(pair.holders()).toContain('a');
    expect(pair.a.lease.speaks).toBe(false);
    expect(pair.a.answers).toBe(false);
  });

  it('put back after a flush is armed again at once', async () => {
    await elected({ leased: true });
    pair.a.lease.flush();
    expect(pair.a.answers).toBe(true);
    expect(pair.router(pair.a).state).toBe('Active');
  });

  it('of an agent that was killed runs out', async () => {
    await elected({ leased: true });
    pair.a.kill();
    await pair.run(240 * ms);
    expect(pair.holders()).toEqual(['a']);
    expect(pair.a.answers).toBe(false);
  });

  it('is not opened for an address owner, nor by a node without a peer', async () => {
    pair = new SimPair({ leased: true, a: { priority: 255 }, rest: { nodes: ['a'] } });
    for (const host of [pair.a, pair.b]) pair.startHost(host);
    expect(pair.router(pair.a).lease).toMatchObject({ open: false });
    expect(pair.router(pair.b).lease).toMatchObject({ open: false });
    await pair.run(s);
    expect(pair.a.answers).toBe(true);
  });

  it('that cannot be had is said once, and the pair works without', async () => {
    pair = new SimPair({ leased: true });
    pair.a.lease.refused = true;
    await pair.elected();
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.router(pair.a).lease).toEqual({
      open: false,
      reason: 'nft(add table): EPERM, operation not permitted',
      mute: false,
    });
    expect(pair.logged(/the kernel's lease cannot be had: a stalled host answers/)).toHaveLength(1);
  });

  it.each(['Active', 'Backup'])('is had later, by a router that is %s then', async (state) => {
    pair = new SimPair({ leased: true });
    pair.a.lease.refused = true;
    await pair.elected();
    if (state === 'Backup') {
      pair.b.kill();
      pair.a.kill();
      pair.startHost(pair.a);
    }
    pair.a.lease.refused = false;
    expect(pair.router(pair.a)).toMatchObject({ state, lease: { open: false } });
    for (let tries = 0; tries < 100 && !pair.router(pair.a).lease.open; tries++) {
      await pair.run(100 * ms);
    }
    await pair.until(pair.a, 'Active', s);
    await pair.run(100 * ms);
    expect(pair.router(pair.a).lease).toEqual({ open: true, reason: null, mute: false });
    expect(pair.a.answers).toBe(true);
    pair.a.pause();
    await pair.run(400 * ms);
    expect(pair.a.answers).toBe(false);
  });

  it('is replaced by a lifetime of the addresses where there is none', async () => {
    await elected();
    // Renewed while the process runs.
    await pair.run(10 * s);
    expect(pair.holders()).toEqual(['a']);
    expect(pair.router(pair.a).statistics.addressesRepaired).toBe(0);
    pair.a.pause();
    await pair.run(2_100 * ms);
    expect(pair.holders()).toEqual(['b']);
    pair.a.resume();
    await pair.run(s);
    expect(pair.holders()).toEqual(['a']);
  });

  it('that can no longer be armed is removed rather than muting the addresses', async () => {
    await elected({ leased: true });
    pair.a.lease.refused = true;
    pair.a.lease.flush();
    await pair.run(ms);
    expect(pair.a.answers).toBe(true);
    expect(pair.router(pair.a).lease.open).toBe(false);
    pair.a.lease.refused = false;
    await pair.run(5 * s);
    expect(pair.router(pair.a).lease).toEqual({ open: true, reason: null, mute: false });
    expect([pair.router(pair.a).state, pair.a.answers]).toEqual(['Active', true]);
  });
});
