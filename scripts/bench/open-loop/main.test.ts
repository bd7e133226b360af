import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { answerLength } from './loopback-wire.ts';
import type { OpenLoopOrder, OpenLoopResult } from './open-loop-result.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Two seconds of 500 requests/s; resolves to what it printed on both streams. */
async function load(port: number): Promise<{ readonly out: string; readonly log: string }> {
  const order: OpenLoopOrder = {
    ...{ port, path: '/small', connections: 16, seed: 1 },
    ...{ rate: 500, seconds: 2, warmUpSeconds: 0 },
  };
  const child = spawn(process.execPath, [MAIN, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, log] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { out, log };
}

test('whoever would have come while the server stood still counts', async () => {
  let answered = 0;
  const port = await serve((_, response) => {
    // Everything waits: also what has not been read yet.
    if (++answered === 400) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
    response.setHeader('Content-Length', 5);
    response.write('he');
    response.end('llo');
  });
  const { out, log } = await load(port);
  expect(log).toBe('');
  const result: OpenLoopResult = JSON.parse(out);
  expect(result).toMatchObject({ due: 1000, unanswered: 0 });
  // 600 ms of 2 s: without correction it would be 16 requests of a thousand.
  expect(result.latencyUs![90]).toBeGreaterThan(100_000);
  expect(result.latencyUs![99.9]).toBeGreaterThan(300_000);
});

test('an answer that is none, or another one, ends it', async () => {
  const wrong = await serve((_, response) =>
    response.writeHead(404, { 'Content-Length': 2 }).end('no'),
  );
  expect((await load(wrong)).log).toContain('not a 200: HTTP/1.1 404');
  let answered = 0;
  const longer = await serve((_, response) => void response.end('x'.repeat(++answered)));
  expect((await load(longer)).log).toMatch(/an answer of \d+ bytes, where \d+ were expected/);
});

test('an answer ends where Content-Length says', () => {
  expect(answerLength(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab'))).toBe(41);
  expect(answerLength(Buffer.from('HTTP/1.1 200 OK\r\ncontent-len'))).toBeNull();
  expect(() => answerLength(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))).toThrow('Content-Length');
});
