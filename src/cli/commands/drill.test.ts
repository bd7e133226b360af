import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeAgent } from '../agent.case.ts';
import { tandem } from '../terminal.case.ts';
import { drill } from './drill.ts';

interface Told {
  readonly state?: string;
  readonly priority?: number;
  readonly there?: number;
  readonly noHandover?: string;
  /** Of the last transition. */
  readonly reason?: string;
}

/** What `GET /status` says of an edge-a. */
function status({ state = 'Active', priority = 200, there = 100, ...told }: Told = {}, more = {}) {
  const { noHandover = null, reason = 'silence' } = told;
  return {
    node: 'edge-a',
    hold: { own: false, peer: false },
    routers: [
      {
        ...{ name: 'web', state, noHandover, drain: null, handoverBreaks: [] },
        ...{ priority: { effective: priority }, preempt: { inMs: null } },
        transitions: [{ evidence: { reason } }],
      },
    ],
    pair: {
      ...{ peer: 'edge-b', connected: true },
      node: { report: { routers: [{ name: 'web', state: 'Backup', priority: there }] } },
    },
    ...more,
  };
}

const GIVEN = { results: [{ routers: ['web'], outcome: 'given', reason: null, to: 'edge-b' }] };

let agent: FakeAgent;
beforeEach(async () => {
  agent = new FakeAgent();
  await agent.listen();
});
afterEach(() => agent.close());

const run = (...args: string[]) => tandem([drill], ['drill', ...args], { env: agent.env });

test('looks, and does nothing without --yes', async () => {
  agent.statuses = [status()];
  expect(await run('--stay', '1m')).toEqual({
    status: 0,
    stdout:
      'web: can go to edge-b by agreement, and come back\n' +
      'nothing was done; `tandem drill --yes` does it, with 60 s there\n',
    stderr: '',
  });
  expect(agent.orders).toEqual([]);
});

test.each([
  ['an equal peer', status({ there: 200 }), 'web would not come back by itself: priority 200 here'],
  ['a Backup', status({ state: 'Backup' }), 'web is Backup here: the drill is for the host'],
  ['no pair', status({}, { pair: null }), 'there is no `pair` in the file'],
  [
    'a lost peer',
    status({}, { pair: { peer: 'edge-b', connected: false, node: null } }),
    'not connected',
  ],
  ['a hold', status({}, { hold: { own: true, peer: false } }), 'this node is on hold'],
  ['a hold there', status({}, { hold: { own: false, peer: true } }), 'edge-b is on hold'],
  [
    'a router without it',
    status({ noHandover: 'with strict_rfc' }),
    'no agreed handover with strict_rfc',
  ],
])('gives nothing away with %s', async (_, told, text) => {
  agent.statuses = [told];
  const { status: exit, stdout, stderr } = await run('--yes');
  expect([exit, stdout]).toEqual([1, '']);
  expect(stderr).toContain(text);
  expect(agent.orders).toEqual([]);
});

test('there and back: says how long it took, and that it was agreed', async () => {
  agent.answer = (order) => ({ body: order.startsWith('/handover') ? GIVEN : {} });
  agent.statuses = [status(), status({ state: 'Backup' }), status({ reason: 'given' })];
  const { status: exit, stdout, stderr } = await run('--yes', '--stay', '1ms');
  expect([exit, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(
    /^edge-b has the addresses \(\d+ ms\)\nreleased: .*\nweb: back by agreement after \d+ ms\n$/,
  );
  expect(agent.orders).toEqual(['/handover?', '/hold?on=0']);
});

test('what had to be taken back is no success', async () => {
  agent.answer = (order) => ({ body: order.startsWith('/handover') ? GIVEN : {} });
  agent.statuses = [status(), status({ reason: 'peer-lower' })];
  const { status: exit, stderr } = await run('--yes', '--stay', '1ms');
  expect(exit).toBe(1);
  expect(stderr).toMatch(/^web: back after \d+ ms, without an agreement: connections broke\n$/);
});

test('a refused handover is released at once, and told', async () => {
  const refused = {
    routers: ['web'],
    outcome: 'refused',
    reason: 'there is no lease',
    to: 'edge-b',
  };
  agent.answer = (order) => ({
    body: order.startsWith('/handover') ? { results: [refused] } : {},
  });
  agent.statuses = [status()];
  const { status: exit, stderr } = await run('--yes');
  expect([exit, stderr]).toEqual([1, 'web: there is no lease\n']);
  expect(agent.orders).toEqual(['/handover?', '/hold?on=0']);
});

test('a wrong time is a wrong command line', async () => {
  expect((await run('--stay', '2h')).status).toBe(2);
  expect((await run('--stay', 'long')).stderr).toContain('--stay: found "long"');
});
