import { expect, it } from 'vitest';
import type { TrackedScript, VirtualRoute } from '../../src/config/agent-config.ts';
import { type PairOptions, SimPair, VIRTUAL_ADDRESS } from '../simulator/sim-pair.case.ts';
import { type AgentEvent, eventTypes } from './event-types.ts';
import type { Field } from './field.ts';

const script: TrackedScript = {
  name: 'check_origin',
  command: ['/usr/local/bin/check'],
  intervalMs: 100,
  timeoutMs: 50,
  rise: 1,
  fall: 1,
  weight: -150,
};

/** Two agents, told a story; what they emitted, in order. */
async function story(options: PairOptions, tell: (pair: SimPair) => Promise<void>) {
  const pair = await new SimPair({ leased: true, ...options }).elected();
  await tell(pair);
  await pair.stop();
  return pair.events;
}

const lostAndFound = () =>
  story({}, async (pair) => {
    pair.a.setLink('down');
    await pair.run(500_000);
    pair.a.setLink('up');
    await pair.run(1_000_000);
  });

const tracked = () =>
  story(
    {
      both: {
        track: {
          proxy: false,
          scripts: ['check_origin'],
          interfaces: [{ name: 'eth1', weight: 0, upDelayMs: 0, downDelayMs: 0 }],
        },
      },
      rest: { healthScripts: [script] },
    },
    async (pair) => {
      pair.a.setTracked('eth1', true);
      pair.a.script = () => false;
      await pair.run(500_000);
      pair.a.script = () => true;
      pair.a.setTracked('eth1', false);
      await pair.run(500_000);
      pair.a.setTracked('eth1', true);
      await pair.run(500_000);
    },
  );

const bfd = { intervalMs: 10, multiplier: 3 };
const watched = () =>
  story(
    {
      both: { preemptDelayMs: 1000 },
      a: { bfd: { ...bfd, peer: '198.51.100.12' } },
      b: { bfd: { ...bfd, peer: '198.51.100.11' } },
    },
    async (pair) => {
      await pair.run(4_000_000);
      pair.a.setLink('down');
      await pair.run(500_000);
      pair.a.setLink('up');
      await pair.run(5_000_000);
    },
  );

const route: VirtualRoute = {
  destination: { address: '203.0.113.0', prefixLength: 24 },
  interface: 'eth0',
  metric: 0,
  table: 254,
};
const routed = () =>
  story({ both: { routes: [route] } }, async (pair) => {
    await pair.run(500_000);
    pair.a.routes.meddle(route);
    await pair.run(500_000);
  });

const stalled = () =>
  story({}, async (pair) => {
    pair.a.meddle(VIRTUAL_ADDRESS, false);
    await pair.run(500_000);
    pair.a.pause();
    await pair.run(250_000);
    pair.a.resume();
    await pair.run(1_000_000);
    pair.b.pause();
    await pair.run(600_000);
    pair.b.resume();
    await pair.run(500_000);
    pair.a.lease.refused = true;
    pair.a.lease.flush();
    await pair.run(500_000);
  });

const deaf = (both: PairOptions['both']) =>
  story({ claims: true, ...(both === undefined ? {} : { both }) }, async (pair) => {
    pair.lan.filtered.add('vrrp');
    await pair.run(2_000_000);
    pair.lan.filtered.clear();
    await pair.run(5_000_000);
  });

const vouchedFor = () =>
  story({ paired: true }, async (pair) => {
    pair.lan.cut(pair.a.station, pair.b.station, true);
    await pair.run(1_000_000);
    pair.lan.heal();
    await pair.run(500_000);
  });

const intruded = () =>
  story({ paired: true, claims: true }, async (pair) => {
    await pair.run(500_000);
    pair.intrude();
    pair.a.setLink('down');
    await pair.run(2_000_000);
    pair.a.setLink('up');
    await pair.run(3_000_000);
  });

const handedOver = () =>
  story({ paired: true, both: { drainTimeoutMs: 2_000 } }, async (pair) => {
    await pair.run(1_000_000);
    pair.a.agent?.hold(true);
    void pair.a.agent?.handover(null);
    await pair.run(3_000_000);
    pair.sideLink.cut = true;
    void pair.b.agent?.handover(null);
    await pair.run(100_000);
  });

/** What is wrong with an event, by its row of the table. */
function faultsOf(event: AgentEvent): string[] {
  const { type, ...carried } = event;
  const fields: Readonly<Record<string, Field<unknown>>> = eventTypes[type].fields;
  const unknown = Object.keys(carried).filter((name) => !Object.hasOwn(fields, name));
  const wrong = Object.entries(fields).filter(
    ([name, field]) => !field.fits((carried as Record<string, unknown>)[name]),
  );
  return [...unknown, ...wrong.map(([name]) => name)].map((name) => `${type}.${name}`);
}

it('every row of the table is emitted by a real agent, with its fields and no others', async () => {
  const told = await Promise.all([
    lostAndFound(),
    tracked(),
    watched(),
    routed(),
    stalled(),
    deaf(undefined),
    deaf({ strictRfc: true }),
    vouchedFor(),
    intruded(),
    handedOver(),
  ]);
  const events = told.flatMap(({ a, b }) => [...a, ...b]);
  expect(events.flatMap(faultsOf)).toEqual([]);
  const seen = new Set<string>(events.map(({ type }) => type));
  expect(Object.keys(eventTypes).filter((type) => !seen.has(type))).toEqual([]);
});

it('a lost link is told from both sides, in the order of what happened', async () => {
  const { a, b } = await lostAndFound();
  const types = (events: readonly AgentEvent[]) =>
    events.flatMap((event) => {
      if (event.type === 'transition') return [`${event.from} ${event.to}`];
      return event.type.startsWith('peer-') || event.type === 'waiting' ? [event.type] : [];
    });
  expect(a[0]).toEqual({ type: 'started', node: 'a', digest: '0'.repeat(64) });
  expect(types(a)).toEqual([
    'Initialize Backup',
    'Backup Active',
    'waiting',
    'Active Initialize',
    'waiting',
    'Initialize Backup',
    'peer-heard',
    'Backup Active',
    'Active Initialize',
  ]);
  expect(types(b)).toEqual([
    'Initialize Backup',
    'peer-heard',
    'peer-lost',
    'Backup Active',
    'peer-heard',
    'Active Backup',
    'Backup Initialize',
  ]);
});

it('a tracker with a weight changes the priority, one without is a fault', async () => {
  const { a } = await tracked();
  const told = a.filter(({ type }) => /^(tracker|fault|priority)/.test(type));
  expect(told).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: 'tracker', kind: 'script', weight: -150 }),
      expect.objectContaining({ type: 'priority', priority: 50 }),
      expect.objectContaining({ type: 'tracker', kind: 'script', weight: 0 }),
      expect.objectContaining({ type: 'fault-raised', kind: 'interface', severity: 'fault' }),
      expect.objectContaining({ type: 'priority', priority: 2 }),
      { type: 'fault-cleared', router: 'web', kind: 'interface', name: 'eth1' },
      { type: 'priority', router: 'web', before: 2, priority: 200, reasons: [] },
    ]),
  );
});
