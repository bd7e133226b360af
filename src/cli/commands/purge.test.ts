import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeBalancer } from '../agent.case.ts';
import { tandem } from '../terminal.case.ts';
import { purge } from './purge.ts';

let balancer: FakeBalancer;
beforeEach(async () => {
  balancer = new FakeBalancer();
  await balancer.listen();
});
afterEach(() => balancer.close());

const run = (...args: string[]) => tandem([purge], ['purge', ...args], { env: balancer.env });

test('what is to go is ordered, and how much went is told', async () => {
  balancer.answer = () => ({ body: { purged: 7 } });
  expect(await run('--tag', 'a b', '--cache', 'pages')).toMatchObject({
    ...{ status: 0, stdout: 'purged: 7\n', stderr: '' },
  });
  expect(balancer.orders).toEqual(['/purge?tag=a+b&cache=pages']);
  expect(JSON.parse((await run('/news', '--json')).stdout)).toEqual({ purged: 7 });
});

test.each([[[]], [['/a', '--all']], [['--tag', 'a', '--prefix', '/']]])(
  '%j is a wrong command line',
  async (args) => {
    const { status, stderr } = await run(...args);
    expect([status, stderr]).toEqual([
      2,
      'name one of: a URL, --prefix, --tag, --all (tandem purge --help explains)\n',
    ]);
    expect(balancer.orders).toEqual([]);
  },
);

test.each([
  [400, 2, 'a URL begins with http:// or https://, a path with /'],
  [404, 1, 'no cache pagez (did you mean "pages"?); there is: pages'],
  [503, 1, 'the balancer is starting'],
])('what the balancer answers with %d is told', async (answered, status, error) => {
  balancer.answer = () => ({ status: answered, body: { error } });
  expect(await run('nonsense')).toEqual({ status, stdout: '', stderr: `${error}\n` });
});

test('a balancer that does not run is told as everywhere', async () => {
  await balancer.end();
  const { status, stderr } = await run('--all');
  expect(status).toBe(1);
  expect(stderr).toMatch(/^balancer: not running \(.*proxy\.sock\)\n$/);
});
