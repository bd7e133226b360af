/** Clients that others have written: node:http2, curl and h2load, over real sockets. */
import { execFile, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  HTTP2,
  proxyConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';

const run = promisify(execFile);
const has = (command: string) => spawnSync(command, ['--version']).error === undefined;

let origin: http.Server;
let plane: TestPlane;
let url = '';

beforeAll(async () => {
  origin = http.createServer((request, response) => {
    if (request.url === '/echo') {
      request.pipe(response);
      return;
    }
    response.setHeader('content-length', 2);
    response.end('ok');
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const { port } = origin.address() as AddressInfo;
  plane = startPlane(proxyConfig(upstreamConfig([port]), { http2: HTTP2 }));
  url = `http://127.0.0.1:${plane.port}`;
});

afterAll(async () => {
  origin.closeAllConnections();
  origin.close();
  await plane.close();
});

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('node:http2', () => {
  test('uploads and downloads several megabytes at a time on one connection', async () => {
    const session = http2.connect(url);
    const bodies = Array.from({ length: 5 }, (_, index) => randomBytes(500_000 + index * 70_001));
    const echoed = await Promise.all(
      bodies.map((body) => {
        const stream = session.request({ ':path': '/echo', ':method': 'POST' });
        stream.end(body);
        return buffer(stream);
      }),
    );
    expect(echoed.map(digest)).toEqual(bodies.map(digest));
    session.close();
    await once(session, 'close');
  });
});

describe.skipIf(!has('curl'))('curl', () => {
  test('speaks HTTP/2 with prior knowledge', async () => {
    const { stdout } = await run('curl', [
      '-si',
      '--http2-prior-knowledge',
      '--max-time',
      '5',
      `${url}/`,
    ]);
    expect(stdout.split('\r\n')[0]).toBe('HTTP/2 200 ');
    expect(stdout.endsWith('\r\n\r\nok')).toBe(true);
  });
});

describe.skipIf(!has('h2load'))('h2load', () => {
  test('gets all its answers', async () => {
    const load = ['-n', '2000', '-c', '8', '-m', '20', '-T', '10s', `${url}/`];
    const { stdout } = await run('h2load', load);
    expect(stdout).toContain('2000 succeeded, 0 failed, 0 errored, 0 timeout');
    expect(stdout).toContain('2000 2xx');
  });
});
