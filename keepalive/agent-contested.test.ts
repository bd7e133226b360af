/** Two routers that think they are Active: what the one that stays says of it. */
import { afterEach, expect, it } from 'vitest';
import { parseIp } from '../src/os/ip-address.ts';
import { encodeAdvertisement } from './packet/advertisement.ts';
import { multicastGroup } from './packet/multicast-group.ts';
import { SimPair, VIRTUAL_ADDRESS } from './simulator/sim-pair.case.ts';

const ms = 1000;
const s = 1_000_000;
const DEAF = parseIp('198.51.100.66')!;

let pair: SimPair;
afterEach(() => pair.stop());

/** A router that hears nothing advertises every 100 ms. */
async function deafRouter(priority: number, times: number): Promise<void> {
  const message = encodeAdvertisement(
    {
      version: 3,
      vrid: 51,
      priority,
      intervalMicros: 100_000,
      addresses: [parseIp(VIRTUAL_ADDRESS)!],
    },
    { source: DEAF, destination: multicastGroup(4), checksumForm: 'pseudo-header' },
  );
  for (let i = 0; i < times; i++) {
    pair.lan.send({ protocol: 'vrrp', from: -1, message, source: DEAF, hopLimit: 255 });
    await pair.run(100 * ms);
  }
}

const complaints = () => pair.logged(/although we are Active/);

it('is logged by the better one, once in a while (RFC 9568 section 2.5)', async () => {
  pair = await new SimPair().elected();
  await deafRouter(150, 50);
  expect(pair.states()).toEqual(['Active', 'Backup']);
  expect(complaints()).toEqual([
    'web: 198.51.100.66 advertises priority 150 although we are Active with 200; ' +
      'it does not hear us, or not in time',
  ]);
});

it('is told apart when the priorities are equal (section 8.3.2)', async () => {
  // Of two equal ones the greater address stays.
  pair = await new SimPair({ sources: ['198.51.100.211', '198.51.100.12'] }).elected();
  await deafRouter(200, 5);
  expect(pair.states()).toEqual(['Active', 'Backup']);
  expect(complaints()).toEqual([expect.stringContaining('give the two different ones')]);
});

it('is no news when one of them has just given way', async () => {
  pair = new SimPair();
  pair.startHost(pair.b);
  await pair.run(s);
  pair.startHost(pair.a);
  await pair.run(2 * s);
  expect(pair.states()).toEqual(['Active', 'Backup']);
  expect(complaints()).toEqual([]);
});
