import { afterEach, describe, expect, it } from 'vitest';
import type { VirtualRoute } from '../src/config/agent-config.ts';
import { heldUnder } from './holdings/former.ts';
import { releaseAddresses } from './holdings/release.ts';
import { routeText } from './holdings/route-text.ts';
import type { NetworkPort } from './ports.ts';
import {
  keepingLogger,
  type PairOptions,
  SimPair,
  VIRTUAL_ADDRESS,
} from './simulator/sim-pair.case.ts';

const ms = 1000;
const s = 1_000_000;
const EXCLUDED = ['198.51.100.101', '2001:db8::101'];

const routes: readonly VirtualRoute[] = [
  {
    destination: { address: '203.0.113.0', prefixLength: 24 },
    via: '198.51.100.1',
    interface: 'eth0',
    source: VIRTUAL_ADDRESS,
    metric: 0,
    table: 254,
  },
  {
    destination: { address: '2001:db8:1::', prefixLength: 64 },
    interface: 'eth0',
    metric: 1024,
    table: 100,
  },
];
const texts = [
  `203.0.113.0/24 via 198.51.100.1 dev eth0 src ${VIRTUAL_ADDRESS}`,
  '2001:db8:1::/64 dev eth0 metric 1024 table 100',
];

let pair: SimPair;
afterEach(() => pair.stop());

async function elected(options: PairOptions = { both: { routes } }): Promise<void> {
  pair = await new SimPair(options).elected();
  expect(pair.states()).toEqual(['Active', 'Backup']);
}

describe('virtual routes', () => {
  it('are with the addresses: on the Active host alone', async () => {
    await elected();
    expect([pair.a.routes.all, pair.b.routes.all]).toEqual([texts, []]);
    expect(pair.router(pair.a).routes).toEqual(texts.map((route) => ({ route, held: true })));
    pair.a.setLink('down');
    await pair.run(s);
    expect([pair.a.routes.all, pair.b.routes.all]).toEqual([[], texts]);
  });

  it('that somebody removes are put back at once, and said', async () => {
    await elected();
    pair.a.routes.meddle(routes[0]!);
    await pair.run(ms);
    expect(pair.a.routes.all.toSorted()).toEqual(texts.toSorted());
    expect(pair.logged(/somebody removed 203\.0\.113\.0\/24 .* from eth0 while/)).toHaveLength(1);
    expect(pair.router(pair.a).statistics).toMatchObject({ routesRepaired: 1, routeErrors: 0 });
  });

  it('that the kernel dropped with their source address come back with it', async () => {
    await elected();
    // The kernel tells nobody.
    await pair.a.routes.port(() => true).remove(routes[0]!);
    pair.a.meddle(VIRTUAL_ADDRESS, false);
    await pair.run(5 * ms);
    expect(pair.a.routes.all.toSorted()).toEqual(texts.toSorted());
  });

  it('that somebody else has are no fault, and come when they can', async () => {
    pair = new SimPair({ both: { routes } });
    pair.a.routes.refused.add(texts[0]!);
    await pair.elected();
    await pair.run(s);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.router(pair.a).priority.effective).toBe(200);
    expect(pair.router(pair.a).routes[0]).toEqual({ route: texts[0], held: false });
    expect(pair.logged(/cannot add the routes of web: somebody else has a route/)).toHaveLength(1);
    pair.a.routes.refused.clear();
    await pair.run(15 * s);
    expect(pair.a.routes.all.toSorted()).toEqual(texts.toSorted());
  });

  it('of an earlier configuration are swept at the start, and by --release', async () => {
    pair = new SimPair({ both: { routes: [routes[0]!] } });
    const port = pair.a.routes.port(() => true);
    await port.add(routes[1]!);
    await pair.elected();
    expect(pair.a.routes.all).toEqual([texts[0]]);
    pair.a.kill();
    const network = {
      routes: port,
      link: () => null,
    } as unknown as NetworkPort;
    await releaseAddresses(heldUnder(pair.a.config), network, keepingLogger(pair.logs));
    expect(pair.a.routes.all).toEqual([]);
  });

  it('follow a new configuration, and nothing else moves', async () => {
    await elected({ both: { routes: [routes[0]!] } });
    const [router] = pair.a.config.virtualRouters;
    const config = (list: readonly VirtualRoute[]) => ({
      ...pair.a.config,
      virtualRouters: [{ ...router!, routes: list }],
    });
    await pair.a.agent?.reconfigure(config([routes[1]!]));
    await pair.run(5 * ms);
    expect(pair.a.routes.all).toEqual([texts[1]]);
    await pair.a.agent?.reconfigure(config([]));
    await pair.run(5 * ms);
    expect(pair.a.routes.all).toEqual([]);
    expect(pair.holders()).toEqual(['a']);
    expect(pair.states()).toEqual(['Active', 'Backup']);
  });

  it('are told apart by all that makes them', () => {
    expect(routes.map(routeText)).toEqual(texts);
  });
});

describe('excluded addresses', () => {
  const excludedAddresses = EXCLUDED.map((address) => ({ address, prefixLength: 64 }));

  it('move with the others, are announced and kept, and are in no advertisement', async () => {
    await elected({ both: { excludedAddresses }, leased: true });
    expect([...pair.a.addresses].toSorted()).toEqual([VIRTUAL_ADDRESS, ...EXCLUDED]);
    expect([...pair.b.addresses]).toEqual([]);
    expect(pair.router(pair.b).statistics.addressListErrors).toBe(0);
    expect(pair.router(pair.a).statistics.announcementsSent).toBeGreaterThanOrEqual(3);
    pair.a.meddle(EXCLUDED[1]!, false);
    await pair.run(5 * ms);
    expect(pair.a.addresses.has(EXCLUDED[1]!)).toBe(true);
    pair.a.setLink('missing');
    await pair.run(s);
    expect([...pair.b.addresses].toSorted()).toEqual([VIRTUAL_ADDRESS, ...EXCLUDED]);
  });
});
