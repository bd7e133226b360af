import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeAgent } from '../agent.case.ts';
import { tandem } from '../terminal.case.ts';
import { hold } from './hold.ts';

let agent: FakeAgent;
beforeEach(async () => {
  agent = new FakeAgent();
  agent.statuses = [{ node: 'edge-a' }];
  await agent.listen();
});
afterEach(() => agent.close());

const run = (...args: string[]) => tandem([hold], ['hold', ...args], { env: agent.env });
const held = { own: true, peer: false, forMs: 0 };
const free = { own: false, peer: false, forMs: null };

test('a node is held, and it is told what that does not keep from moving', async () => {
  agent.answer = () => ({ body: { hold: held, released: [], unkept: null } });
  expect(await run('--node', 'edge-a')).toEqual({
    status: 0,
    stdout: 'held: the addresses stay where they are until `tandem hold --release`\n',
    stderr: 'a host that fails is replaced all the same\n',
  });
  expect(agent.orders).toEqual(['/hold?on=1']);
});

test('a release names what may be taken back, and says when the other node is held', async () => {
  const peer = { ...free, peer: true };
  agent.answer = () => ({ body: { hold: peer, released: ['web', 'api'], unkept: null } });
  expect(await run('--release')).toEqual({
    status: 0,
    stdout:
      'released here; the other node is on hold, too, so nothing moves until it is released there\n' +
      'web, api: may be taken back from now on\n',
    stderr: '',
  });
  agent.answer = () => ({ body: { hold: free, released: [], unkept: null } });
  expect((await run('--release')).stdout).toBe('released: the addresses move as usual\n');
  expect(agent.orders).toEqual(['/hold?on=0', '/hold?on=0']);
});

test('what a restart would forget, or remember, is said', async () => {
  agent.answer = () => ({ body: { hold: held, released: [], unkept: 'ENOSPC' } });
  expect((await run()).stderr).toMatch(/a restart of the agent forgets it: .*\(ENOSPC\)/);
  agent.answer = () => ({ body: { hold: free, released: [], unkept: 'EROFS' } });
  expect((await run('--release')).stderr).toMatch(/a restarted agent is held again: .*\(EROFS\)/);
});

test('as JSON it is what the agent says', async () => {
  const answer = { hold: held, released: [], unkept: null };
  agent.answer = () => ({ body: answer });
  const { status, stdout, stderr } = await run('--json');
  expect([status, JSON.parse(stdout), stderr]).toEqual([0, answer, '']);
});

test('nothing is done to another node, nor without an agent', async () => {
  expect(await run('--node', 'edge-b')).toMatchObject({ status: 1, stdout: '' });
  expect(agent.orders).toEqual([]);
  await agent.end();
  expect((await run()).stderr).toMatch(/^agent: not running/);
});
