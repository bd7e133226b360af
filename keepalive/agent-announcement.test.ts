/** Does the network believe a claim? The peer is asked, on simulated hosts that answer ARP. */
import { afterEach, expect, it } from 'vitest';
import { SimPair, VIRTUAL_ADDRESS } from './simulator/sim-pair.case.ts';

let pair: SimPair;

afterEach(() => pair.stop());

async function start(claims = true): Promise<SimPair> {
  pair = await new SimPair({ leased: true, paired: true, claims }).elected();
  return pair;
}

it('a claim is verified by the peer, which says after how long', async () => {
  await start();
  pair.a.setLink('down');
  await pair.run(2_000_000);
  pair.a.setLink('up');
  await pair.run(3_000_000);
  expect(pair.states()).toEqual(['Active', 'Backup']);
  const { announcement } = pair.router(pair.a);
  expect(announcement).toMatchObject({ state: 'verified', elsewhere: [] });
  expect(announcement?.afterMs).toBeLessThan(200);
  expect(pair.router(pair.b).announcement).toBeNull();
  expect(pair.events.a.filter(({ type }) => type === 'announcement-verified')).not.toEqual([]);
  expect(pair.logged(/web: network converged after \d+ ms/).length).toBeGreaterThan(0);
});

it('a peer that cannot say leaves it unknown, without a word', async () => {
  await start(false);
  await pair.run(15_000_000);
  expect(pair.router(pair.a).announcement).toEqual({
    state: 'unknown',
    afterMs: null,
    elsewhere: [],
  });
  expect(pair.logged(/does not find/)).toEqual([]);
});

it('nobody is asked without a connection, and nothing waits for it', async () => {
  await start();
  pair.sideLink.cut = true;
  pair.a.lose();
  await pair.run(15_000_000);
  expect(pair.router(pair.b)).toMatchObject({
    state: 'Active',
    announcement: { state: 'unknown' },
  });
});

it('addresses that the peer finds elsewhere are told with evidence, and announced again', async () => {
  pair = new SimPair({ leased: true, paired: true, claims: true });
  pair.intrude();
  await pair.elected();
  await pair.run(15_000_000);
  const elsewhere = [`${VIRTUAL_ADDRESS} at 02:00:00:00:00:42`];
  expect(pair.router(pair.a).announcement).toMatchObject({ state: 'refuted', elsewhere });
  const told = pair.events.a.filter(({ type }) => type === 'announcement-contested');
  expect(told).toEqual([{ type: 'announcement-contested', router: 'web', elsewhere }]);
  expect(pair.logged(/the peer still finds .* announcing again/)).toHaveLength(1);
  expect(pair.logged(/the peer does not find the addresses here/)).toHaveLength(1);
});
