/** The judges have to see what is different, or their agreement would be worth nothing. */
import { afterAll, expect, test } from 'vitest';
import { judgeWithNode } from './client-judges.ts';
import { NodeJudge } from './node-judge.ts';
import { difference, understood } from './opinion.ts';

const node = await NodeJudge.start();
afterAll(() => node.close());

const seen = async (text: string, complete: number | null = null) => {
  const { requests, refused } = await node.judge(Buffer.from(text, 'latin1'), complete);
  return { targets: requests.map(({ target }) => target), refused };
};

test('Node as judge sees every request, and the one behind them', async () => {
  const two = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n';
  expect(await seen(two)).toEqual({ targets: ['/a', '/b', '/sentinel'], refused: null });
});

test('Node as judge takes a request behind a body for part of it when the length says so', async () => {
  const post = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\nabc';
  expect((await seen(post)).targets).toEqual(['/a']);
});

test('Node as judge says that it refuses, and sees no request that was cut off', async () => {
  expect((await seen('GET / HTTP/1.1\r\nHost : a\r\n\r\n')).refused).toBe(
    'HPE_INVALID_HEADER_TOKEN',
  );
  const half = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\nabc';
  expect((await seen(half, 0)).targets).toEqual([]);
});

test('Node as client sees answers and their ends', async () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  expect(await judgeWithNode([answer, answer], ['GET', 'GET'])).toEqual({
    answers: [
      { status: 200, bodyBytes: 2 },
      { status: 200, bodyBytes: 2 },
    ],
    refused: null,
  });
  const cut = await judgeWithNode([answer.slice(0, -1)], ['GET']);
  expect(cut.answers).toEqual([]);
  expect(cut.refused).not.toBeNull();
});

const request = (changes: Partial<{ target: string; host: string; length: number; x: string }>) =>
  understood(
    'GET',
    changes.target ?? '/',
    [
      ['Host', changes.host ?? 'a'],
      ['X', changes.x ?? 'y'],
    ],
    changes.length ?? 0,
  );
const opinion = (...requests: ReturnType<typeof request>[]) => ({ requests, refused: null });

test.each([
  ['target', { target: '/b' }],
  ['host', { host: 'b' }],
  ['length of the body', { length: 1 }],
  ['field', { x: 'z' }],
])('another %s is a difference', (_what, changes) => {
  expect(difference(opinion(request({})), opinion(request(changes)))).not.toBeNull();
});

test('another number of requests is a difference, unless who saw fewer refused to go on', () => {
  const [one, two] = [opinion(request({})), opinion(request({}), request({}))];
  expect(difference(one, two)).toBe('1 or 2 requests');
  expect(difference({ ...one, refused: '400' }, two)).toBeNull();
  expect(difference(one, { ...two, refused: '400' })).toBe('1 or 2 requests');
  expect(difference(two, two)).toBeNull();
});
