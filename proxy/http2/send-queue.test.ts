/** Streams that wait for the connection's window share it, whatever sizes the client allows it in. */
import { expect, test } from 'vitest';
import { TURN_BYTES_MAX } from './limits.ts';
import { Http2Scene } from './memory-client.fixture.ts';
import { Setting } from './protocol.ts';

const BODY_BYTES = 250_000;
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Length: ${BODY_BYTES}\r\n\r\n${'x'.repeat(BODY_BYTES)}`;

test.each([
  // A stream of every three would get eight bytes each time, and one of every two a single one.
  { streams: 3, update: 2 * TURN_BYTES_MAX + 8 },
  { streams: 6, update: 2 * TURN_BYTES_MAX + 8 },
  { streams: 2, update: TURN_BYTES_MAX + 1 },
  { streams: 2, update: 1000 },
  { streams: 5, update: TURN_BYTES_MAX - 1 },
])('$streams streams, allowed $update bytes at a time', async ({ streams, update }) => {
  const scene = new Http2Scene();
  scene.answer = () => ANSWER;
  const client = scene.client([[Setting.initialWindowSize, 2 ** 24]]);
  const ids = Array.from({ length: streams }, () => client.request());
  const before = ids.map((id) => client.stream(id).content.length);
  const rounds = Math.ceil((8 * streams * TURN_BYTES_MAX) / update);
  for (let round = 0; round < rounds; round++) client.allow(0, update);
  const shares = ids.map((id, index) => client.stream(id).content.length - before[index]!);
  expect(shares.reduce((sum, share) => sum + share)).toBe(rounds * update);
  expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(TURN_BYTES_MAX);
  await scene.close();
});
