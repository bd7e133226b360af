import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fullQueue } from './full-queue.fixture.ts';
import { closedPort, origin } from './origin.fixture.ts';
import { tcpCheck } from './tcp-check.ts';

const never = new AbortController().signal;

describe('tcpCheck', () => {
  it('passes when the origin accepts, and closes in order', async () => {
    const one = await origin(() => {});
    expect(await tcpCheck({ host: '127.0.0.1', port: one.port }, 5000, never)).toEqual({
      kind: 'passed',
    });
    await expect.poll(() => [one.accepted, one.open]).toEqual([1, 0]);
    expect(one.errors).toEqual([]);
    await one.close();
  });

  it('passes when the origin speaks first, as databases and mail servers do', async () => {
    const one = await origin((socket) => socket.end('220 mail.example.com ESMTP\r\n'));
    expect(await tcpCheck({ host: '127.0.0.1', port: one.port }, 5000, never)).toEqual({
      kind: 'passed',
    });
    await expect.poll(() => one.open).toBe(0);
    expect(one.errors).toEqual([]);
    await one.close();
  });

  it('fails where nobody listens', async () => {
    const port = await closedPort();
    expect(await tcpCheck({ host: '127.0.0.1', port }, 5000, never)).toEqual({
      kind: 'failed',
      error: `connect refused 127.0.0.1:${port}`,
    });
  });

  it('fails when the connection is not established in time', async () => {
    const { port, close } = await fullQueue();
    const outcome = await tcpCheck({ host: '127.0.0.1', port }, 100, never);
    await close();
    expect(outcome).toEqual({
      kind: 'failed',
      error: `connect timeout 127.0.0.1:${port} after 100 ms`,
    });
  });

  it('blames no server for descriptors that we lack', async () => {
    const one = await origin(() => {});
    const script = new URL('no-descriptors.fixture.ts', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      'ulimit -n 60; exec "$0" "$@"',
      process.execPath,
      script,
      `${one.port}`,
    ]);
    expect(JSON.parse(stdout)).toEqual({
      kind: 'inconclusive',
      error: 'no file descriptor left',
    });
    expect(one.accepted).toBe(0);
    await one.close();
  });
});
