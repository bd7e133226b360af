import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DrainStatus, HandoverResult, LastDrainStatus } from '../../../keepalive/index.ts';
import { FakeAgent } from '../agent.case.ts';
import { tandem } from '../terminal.case.ts';
import { handover } from './handover.ts';

const DRAIN: DrainStatus = {
  leftMs: 350_000,
  forMs: 1_000,
  connections: 37,
  kinds: { http1: 0, idle: 12, http2: 20, websocket: 5, tcp: 0 },
  oldestMs: 242_000,
};
const LAST: LastDrainStatus = { how: 'empty', connections: 0, forMs: 182_000, agoMs: 0 };
const GIVEN: HandoverResult = { routers: ['web'], outcome: 'given', reason: null, to: 'edge-b' };

interface Told {
  readonly drain?: DrainStatus | null;
  readonly lastDrain?: LastDrainStatus | null;
  readonly state?: string;
  readonly waitingFor?: string;
}

/** What `GET /status` says of an edge-a whose peer is Active. */
function status(...routers: (Told & { readonly name?: string })[]) {
  return {
    node: 'edge-a',
    routers: routers.map(({ name = 'web', drain = null, lastDrain = null, ...rest }) => ({
      ...{ name, drain, lastDrain, yielded: drain !== null || lastDrain !== null },
      ...{ state: 'Backup', waitingFor: null, active: null, ...rest },
    })),
    pair: {
      peer: 'edge-b',
      node: { report: { routers: routers.map(({ name = 'web' }) => ({ name, state: 'Active' })) } },
    },
  };
}

let agent: FakeAgent;
beforeEach(async () => {
  agent = new FakeAgent();
  await agent.listen();
});
afterEach(() => agent.close());

const gives = (...results: HandoverResult[]) => {
  agent.answer = () => ({ body: { results } });
};
const run = (...args: string[]) => tandem([handover], ['handover', ...args], { env: agent.env });
const YIELDED =
  'web: stays with edge-b while that one is well; to have it back: `tandem handover` on edge-b, or ' +
  'here `tandem hold --release`\n';

describe('addresses that are given', () => {
  test('drain, and it is told how far that is', async () => {
    gives(GIVEN);
    agent.statuses = [
      status({ state: 'Active' }),
      status({ drain: DRAIN }),
      status({ drain: DRAIN }),
      status({ lastDrain: LAST }),
    ];
    expect(await run()).toEqual({
      status: 0,
      stdout:
        'web: given to edge-b; its connections go on here\n' +
        'web: drained: its last connection ended after 3m 2s\n',
      stderr:
        '37 connections left, oldest 4m 2s: 12 HTTP/1 idle, 20 HTTP/2, 5 WebSocket; cut in 5m 50s\n' +
        YIELDED,
    });
    expect(agent.orders).toEqual(['/handover?']);
  });

  test('are not waited for with --no-wait', async () => {
    gives(GIVEN);
    agent.statuses = [status({ state: 'Active' }), status({ drain: DRAIN })];
    const { status: exit, stdout, stderr } = await run('web', '--no-wait');
    expect([exit, stdout, stderr]).toEqual([
      0,
      'web: given to edge-b; its connections go on here\n',
      YIELDED,
    ]);
    expect(agent.orders).toEqual(['/handover?routers=web']);
  });

  test.each([
    [
      { how: 'timeout', connections: 3 } as const,
      'web: its drain was over after 3m 2s, and 3 connections were cut',
    ],
    [
      { how: 'timeout', connections: null } as const,
      'web: its drain was over after 3m 2s; what was left was cut',
    ],
    [
      { how: 'claimed', connections: 7 } as const,
      'web: its drain ended after 3m 2s: this node has the addresses again',
    ],
    [
      { how: 'abandoned', connections: 7 } as const,
      'web: its drain was broken off after 3m 2s: the router left the election',
    ],
  ])('and end otherwise than by themselves are exit status 1: %j', async (last, text) => {
    gives(GIVEN);
    agent.statuses = [status({ state: 'Active' }), status({ lastDrain: { ...LAST, ...last } })];
    const { status: exit, stderr } = await run();
    expect([exit, stderr]).toEqual([1, `${text}\n${YIELDED}`]);
  });

  test('and do not drain within --timeout are exit status 1; the drain goes on', async () => {
    gives(GIVEN);
    agent.statuses = [status({ state: 'Active' }), status({ drain: DRAIN })];
    const { status: exit, stderr } = await run('--timeout', '10ms');
    expect(exit).toBe(1);
    expect(stderr).toMatch(
      /^37 connections left.*\nnot drained within --timeout; the drain goes on: 37/,
    );
  });

  test('go on draining when the waiting is interrupted', async () => {
    gives(GIVEN);
    agent.statuses = [status({ state: 'Active' }), status({ drain: DRAIN })];
    const before = process.listenerCount('SIGINT');
    const ended = run();
    await vi.waitFor(() => expect(process.listenerCount('SIGINT')).toBe(before + 1));
    process.emit('SIGINT');
    const { status: exit, stderr } = await ended;
    expect(exit).toBe(1);
    expect(stderr).toContain(
      'not waiting any more; the drain goes on: 37 connections left, oldest',
    );
    expect(stderr).toContain('`tandem handover` waits for it again');
    expect(process.listenerCount('SIGINT')).toBe(before);
  });

  test('and whose agent ends meanwhile are not known to be drained', async () => {
    gives(GIVEN);
    agent.statuses = [status({ state: 'Active' }), status({ drain: DRAIN })];
    const ended = run();
    await vi.waitFor(() => expect(agent.orders).toHaveLength(1));
    await agent.end();
    const { status: exit, stderr } = await ended;
    expect(exit).toBe(1);
    expect(stderr).toMatch(/not running .*if it has ended, so has the drain/);
  });

  test('by an earlier order are waited for again', async () => {
    gives({
      routers: ['web'],
      outcome: 'not-active',
      reason: 'web is Backup on this node',
      to: 'edge-b',
    });
    const drains = status({ drain: { ...DRAIN, connections: 1, kinds: null, oldestMs: null } });
    agent.statuses = [drains, drains, status({ lastDrain: LAST })];
    expect(await run()).toMatchObject({
      status: 0,
      stderr: expect.stringContaining(
        'web: edge-b has it already; here 1 connection left; cut in 5m 50s\n',
      ),
    });
  });
});

test('an order that was carried out before is told how that ended', async () => {
  gives({ ...GIVEN, outcome: 'not-active', reason: '' });
  agent.statuses = [status({ lastDrain: LAST })];
  expect(await run()).toEqual({
    status: 0,
    stdout: 'web: drained: its last connection ended after 3m 2s\n',
    stderr: `web: edge-b has it already\n${YIELDED}`,
  });
});

test('with --json there is one document, and nothing else', async () => {
  gives(GIVEN);
  agent.statuses = [
    status({ state: 'Active' }),
    status({ drain: DRAIN }),
    status({ lastDrain: LAST }),
  ];
  const { status: exit, stdout, stderr } = await run('--json');
  expect([exit, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toEqual({
    results: [GIVEN],
    draining: ['web'],
    end: { type: 'over', drains: [{ router: 'web', last: LAST }] },
  });
});

describe('nothing is given', () => {
  test('when the peer refuses, and the reason is told', async () => {
    const reason = 'the peer did not answer within 500 ms';
    gives({ ...GIVEN, outcome: 'refused', reason });
    agent.statuses = [status({ state: 'Active' })];
    expect(await run()).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^web: refused: the peer did not answer within 500 ms\nnothing moved, and nothing was broken;/,
      ),
    });
  });

  test('when this node is not Active, and it is told which one is', async () => {
    gives({ ...GIVEN, outcome: 'not-active', reason: '' });
    agent.statuses = [status({})];
    expect(await run()).toEqual({
      status: 1,
      stdout: '',
      stderr: 'web is Backup here; edge-b is Active: run it there\n',
    });
    agent.statuses = [{ ...status({ waitingFor: 'no carrier', state: 'Initialize' }), pair: null }];
    expect((await run()).stderr).toBe('web is out of the election here: no carrier\n');
  });

  test('of a router that is named and elsewhere, whatever became of the others', async () => {
    gives(GIVEN, { ...GIVEN, routers: ['api'], outcome: 'not-active' });
    agent.statuses = [
      status({ state: 'Active' }, { name: 'api' }),
      status({ drain: DRAIN }, { name: 'api' }),
      status({ lastDrain: LAST }, { name: 'api' }),
    ];
    const { status: exit, stderr } = await run('web', 'api');
    expect([exit, stderr]).toEqual([
      1,
      `api is Backup here; edge-b is Active: run it there\n${YIELDED}`,
    ]);
    agent.statuses = [
      status({ state: 'Active' }, { name: 'api' }),
      status({ lastDrain: LAST }, { name: 'api' }),
    ];
    expect(await run()).toMatchObject({ status: 0, stderr: YIELDED });
  });

  test('without an agent, to another node, or by a user who may not ask', async () => {
    agent.statuses = [status({ state: 'Active' })];
    expect(await run('--node', 'edge-b')).toEqual({
      status: 1,
      stdout: '',
      stderr: '--node: found edge-b; the agent here runs as edge-a; nothing was done\n',
    });
    expect(agent.orders).toEqual([]);
    await agent.end();
    expect((await run()).stderr).toMatch(/^agent: not running \(.*keepalive.sock\)\n$/);
  });

  test('by an agent that does not know the order, or is asked for what is not there', async () => {
    agent.statuses = [status({ state: 'Active' })];
    agent.answer = () => ({ status: 405, body: 'only GET and HEAD are served here\n' });
    expect(await run()).toMatchObject({ status: 1, stderr: expect.stringMatching(/too old/) });
    const error = 'no virtual router www; there is: web';
    agent.answer = () => ({ status: 400, body: { error } });
    expect(await run('www')).toEqual({ status: 2, stdout: '', stderr: `${error}\n` });
    agent.answer = () => ({ status: 500, body: 'EPERM\n' });
    expect(await run()).toMatchObject({ status: 1, stderr: 'the agent answered 500: EPERM\n' });
  });

  test('when the command line is wrong', async () => {
    expect(await run('--timeout', '15')).toMatchObject({
      status: 2,
      stderr: '--timeout: found "15"; needed: a duration such as 30s, 15m or 1h\n',
    });
    expect((await run('--wait')).status).toBe(2);
    expect(agent.orders).toEqual([]);
  });
});
