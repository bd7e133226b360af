import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrderedServer } from '../../../proxy/index.ts';
import { FakeBalancer } from '../agent.case.ts';
import { tandem } from '../terminal.case.ts';
import { drain } from './drain.ts';
import { undrain } from './undrain.ts';
import { weight } from './weight.ts';

const SERVER = '198.51.100.21:80';
const ONE: OrderedServer = {
  ...{ upstream: 'api', server: SERVER, draining: true, weight: 1, weightInFile: 1 },
  ...{ inFlight: 12, fit: 2, panic: false, sticky: false },
};

let balancer: FakeBalancer;
beforeEach(async () => {
  balancer = new FakeBalancer();
  await balancer.listen();
});
afterEach(() => balancer.close());

/** What the order leaves behind. */
function leaves(changes: Partial<OrderedServer> = {}, unkept: string | null = null): void {
  const servers = [{ ...ONE, ...changes }];
  balancer.answer = () => ({ body: { servers, forgotten: [], unkept } });
}

/** What `GET /status` says, look by look. */
function has(...inFlight: readonly number[]): void {
  balancer.statuses = inFlight.map((count) => ({
    upstreams: [
      { name: 'api', servers: [{ server: SERVER, draining: true, totals: { inFlight: count } }] },
      { name: 'web', servers: [{ server: SERVER, totals: { inFlight: 99 } }] },
    ],
  }));
}

const run = (...args: string[]) => tandem([drain, undrain, weight], args, { env: balancer.env });

test('a drain is waited for', async () => {
  leaves();
  has(12, 1, 0);
  expect(await run('drain', SERVER, '--upstream', 'api')).toEqual({
    status: 0,
    stdout:
      '198.51.100.21:80 of upstream api: gets no new work; 12 requests and sessions are left\n' +
      'drained: nothing is left on it\n',
    stderr: '12 requests and sessions are left\n',
  });
  expect(balancer.orders).toEqual(['/servers?server=198.51.100.21%3A80&upstream=api&drain=1']);
});

test('but not with --no-wait', async () => {
  leaves({ inFlight: 1 });
  expect(await run('drain', SERVER, '--no-wait')).toEqual({
    status: 0,
    stdout: '198.51.100.21:80 of upstream api: gets no new work; 1 request or session is left\n',
    stderr: '',
  });
});

test('nor beyond --timeout', async () => {
  leaves();
  has(12);
  const { status, stderr } = await run('drain', SERVER, '--timeout', '10ms');
  expect(status).toBe(1);
  expect(stderr).toMatch(/not drained within --timeout; the drain goes on: 12 requests/);
  expect((await run('drain', SERVER, '--timeout', 'soon')).status).toBe(2);
});

test('a balancer that ends meanwhile is told of', async () => {
  leaves();
  balancer.statuses = [];
  const { status, stderr } = await run('drain', SERVER);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^the balancer does not answer any more: no answer/);
});

test.each([
  ['a server that is none any more', [], 'is no server any more; what it still has goes on'],
  [
    'one that somebody undrains',
    [{ server: SERVER, draining: false, totals: { inFlight: 0 } }],
    'undrained',
  ],
])('%s has not been seen to be drained', async (_what, servers, text) => {
  leaves();
  balancer.statuses = [{ upstreams: [{ name: 'api', servers }] }];
  const { status, stdout, stderr } = await run('drain', SERVER);
  expect([status, stdout]).toEqual([1, expect.not.stringContaining('drained:')]);
  expect(stderr).toContain(text);
});

test('panic, clients with a cookie, and orders for servers that there are not', async () => {
  leaves({ fit: 1, panic: true, sticky: true });
  const { stdout, stderr } = await run('drain', SERVER, '--no-wait');
  expect(stdout).toContain('gets no new work, but from clients that belong to it by a cookie; 12');
  expect(stderr).toBe(
    'upstream api: PANIC: so few are left that those that are down are used, too\n',
  );
  const forgotten = [{ upstream: 'api', server: '198.51.100.99:80' }];
  balancer.answer = () => ({ body: { servers: [], forgotten, unkept: null } });
  expect((await run('undrain', '198.51.100.99')).stdout).toBe(
    '198.51.100.99:80 of upstream api: is no server now; what was ordered of it is taken back\n',
  );
});

test('the last server, and what a restart forgets, are warned of', async () => {
  leaves({ fit: 0 }, 'ENOSPC');
  expect((await run('drain', SERVER, '--no-wait')).stderr).toBe(
    'upstream api: NO SERVER IS LEFT for new work: HTTP clients get 503, others are refused\n' +
      'a restart of the balancer forgets it: its file cannot be written (ENOSPC)\n',
  );
});

test('the end of a drain', async () => {
  leaves({ draining: false });
  expect(await run('undrain', '198.51.100.21')).toMatchObject({
    status: 0,
    stdout: '198.51.100.21:80 of upstream api: gets new work again\n',
  });
  leaves({ draining: false, weight: 0 });
  expect((await run('undrain', SERVER)).stdout).toContain('drains no more, but has weight 0');
  expect(balancer.orders[0]).toBe('/servers?server=198.51.100.21&drain=0');
});

test('another weight, and the file’s again', async () => {
  leaves({ draining: false, weight: 5 });
  expect((await run('weight', SERVER, '5')).stdout).toBe(
    '198.51.100.21:80 of upstream api: weight 5, the file has 1\n',
  );
  leaves();
  expect((await run('weight', SERVER, 'file')).stdout).toBe(
    '198.51.100.21:80 of upstream api: weight 1, as in the file; it drains all the same\n',
  );
  expect(balancer.orders).toEqual([
    '/servers?server=198.51.100.21%3A80&weight=5',
    '/servers?server=198.51.100.21%3A80&weight=file',
  ]);
});

test.each(['-1', '1001', '1.5', 'much', ''])('a weight of %j is none', async (given) => {
  const { status, stderr } = await run('weight', SERVER, '--', given);
  expect([status, stderr]).toEqual([
    2,
    `weight: found ${JSON.stringify(given)}; needed: 0 to 1000, or file\n`,
  ]);
  expect(balancer.orders).toEqual([]);
});

test('what the balancer refuses is said, as JSON is what it answers', async () => {
  balancer.answer = () => ({ status: 404, body: { error: 'no server x; there is: y' } });
  expect(await run('drain', 'x')).toEqual({
    ...{ status: 1, stdout: '' },
    stderr: 'no server x; there is: y\n',
  });
  leaves();
  has(0);
  const { stdout } = await run('drain', SERVER, '--json');
  expect(JSON.parse(stdout)).toEqual({ servers: [ONE], forgotten: [], unkept: null, left: 0 });
  await balancer.end();
  expect((await run('undrain', SERVER)).stderr).toMatch(/^balancer: not running/);
});
