import { expect, it } from 'vitest';
import { STALL_MIN_MS } from '../io/limits.ts';
import { exchange, OK, scene, start, useScene } from './scene.fixture.ts';

useScene();

/** Stands still with the whole thread, as a suspended host does. */
function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

it.each([
  ['short', STALL_MIN_MS - 200],
  ['long', STALL_MIN_MS + 200],
])('an answer that came during a %s stall of ours is in time', async (_, ms) => {
  start({ responseTimeoutMs: 100 });
  const { client, server } = await exchange();
  // It is in the proxy's socket when the stall begins.
  server.send(OK);
  stall(ms);
  expect(await client.has('\r\n\r\n')).toContain('HTTP/1.1 200 OK');
});

it('a body that came during a long stall of ours is in time', async () => {
  start({}, { idleTimeoutMs: 200 });
  const { client, server } = await exchange(
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc',
  );
  client.send('d');
  stall(STALL_MIN_MS + 200);
  // What was on the wire, or with a host that stood still as well, has its time to come.
  await server.has('abcd');
  client.send('ef');
  await server.has('abcdef');
  server.send(OK);
  expect(await client.has('\r\n\r\n')).toContain('HTTP/1.1 200 OK');
});

it('a server that does not answer is late all the same', async () => {
  start({ responseTimeoutMs: 100 });
  const { client } = await exchange();
  stall(STALL_MIN_MS + 200);
  expect(await client.has('\r\n\r\n')).toContain('HTTP/1.1 504 ');
  expect(scene.proxy.server(scene.origin.port)).toMatchObject({ responseTimeouts: 1 });
});
