import { expect, test } from 'vitest';
import { allLeft, drainText, type Left, lastDrainText } from './drain-view.ts';

const NONE = { http1: 0, idle: 0, http2: 0, websocket: 0, tcp: 0 };
const left: Left = {
  leftMs: 350_000,
  connections: 37,
  kinds: { ...NONE, idle: 12, http2: 20, websocket: 5 },
  oldestMs: 242_000,
};

test.each([
  [{}, '37 connections left, oldest 4m 2s: 12 HTTP/1 idle, 20 HTTP/2, 5 WebSocket; cut in 5m 50s'],
  [
    { connections: 1, kinds: { ...NONE, tcp: 1 } },
    '1 connection left, oldest 4m 2s: 1 TCP; cut in 5m 50s',
  ],
  [
    { connections: 39 },
    '39 connections left, oldest 4m 2s: 12 HTTP/1 idle, 20 HTTP/2, 5 WebSocket, ' +
      '2 closing or of other programs; cut in 5m 50s',
  ],
  [{ kinds: null, oldestMs: null }, '37 connections left; cut in 5m 50s'],
  [
    { connections: null, kinds: null, oldestMs: null },
    'connections not counted yet; cut in 5m 50s',
  ],
  [
    { leftMs: 0 },
    '37 connections left, oldest 4m 2s: 12 HTTP/1 idle, 20 HTTP/2, 5 WebSocket; being cut',
  ],
  [{ connections: 0 }, 'no connection left; about to end'],
] as const)('%j is "%s"', (changes, text) => {
  expect(drainText({ ...left, ...changes })).toBe(text);
});

test('several drains are told as one', () => {
  const other: Left = { leftMs: 400_000, connections: 3, kinds: { ...NONE, idle: 3 }, oldestMs: 1 };
  expect(drainText(allLeft([left, other])!)).toBe(
    '40 connections left, oldest 4m 2s: 15 HTTP/1 idle, 20 HTTP/2, 5 WebSocket; cut in 6m 40s',
  );
  const untold: Left = { leftMs: 1, connections: null, kinds: null, oldestMs: null };
  expect(allLeft([untold, untold])).toEqual(untold);
  expect(allLeft([left, untold])).toEqual(left);
  expect(allLeft([])).toBeNull();
});

test('the end of a drain says what it cost', () => {
  const last = { connections: 1, forMs: 600_000, agoMs: 0 };
  expect(lastDrainText({ ...last, how: 'timeout' })).toBe(
    'its drain was over after 10m, and 1 connection was cut',
  );
  expect(lastDrainText({ ...last, how: 'empty', connections: 0 })).toBe(
    'drained: its last connection ended after 10m',
  );
});
