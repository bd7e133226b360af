import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { TCP_PROBE } from '../upstream/upstream.fixture.ts';
import { fullQueue } from './full-queue.fixture.ts';
import { CHECK_ANSWER_BYTES_MAX } from './limits.ts';
import { closedPort, conclusive, origin } from './origin.fixture.ts';
import { type TcpCheckConfig, tcpCheck } from './tcp-check.ts';

const CONNECT: TcpCheckConfig = { ...TCP_PROBE, timeoutMs: 5000 };
const never = new AbortController().signal;

describe('tcpCheck', () => {
  it('passes when the origin accepts, and closes in order', async () => {
    const one = await origin(() => {});
    expect(await tcpCheck({ host: '127.0.0.1', port: one.port }, CONNECT, never)).toEqual({
      kind: 'passed',
    });
    await expect.poll(() => [one.accepted, one.open]).toEqual([1, 0]);
    expect(one.errors).toEqual([]);
    await one.close();
  });

  it('passes when the origin speaks first, as databases and mail servers do', async () => {
    const one = await origin((socket) => socket.end('220 mail.example.com ESMTP\r\n'));
    expect(await tcpCheck({ host: '127.0.0.1', port: one.port }, CONNECT, never)).toEqual({
      kind: 'passed',
    });
    await expect.poll(() => one.open).toBe(0);
    expect(one.errors).toEqual([]);
    await one.close();
  });

  it('begins with a PROXY header of its own where the server wants one', async () => {
    let received = '';
    const one = await origin((socket) => {
      socket.on('data', (bytes) => {
        received += bytes.toString('latin1');
      });
    });
    const target = { host: '127.0.0.1', port: one.port, sendProxy: 'v1' as const };
    expect(await tcpCheck(target, CONNECT, never)).toEqual({ kind: 'passed' });
    await expect.poll(() => received).toBe('PROXY UNKNOWN\r\n');
    await one.close();
  });

  it('fails where nobody listens', async () => {
    const port = await closedPort();
    expect(await tcpCheck({ host: '127.0.0.1', port }, CONNECT, never)).toEqual({
      kind: 'failed',
      error: `connect refused 127.0.0.1:${port}`,
    });
  });

  it('fails when the connection is not established in time', async () => {
    const { port, close } = await fullQueue();
    const outcome = await tcpCheck(
      { host: '127.0.0.1', port },
      { ...CONNECT, timeoutMs: 100 },
      never,
    );
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

  it('passes on the words expected, wherever they are and however they come', async () => {
    const heard: string[] = [];
    const one = await origin((socket) => {
      socket.setNoDelay(true);
      socket.on('data', (data) => {
        heard.push(data.toString('latin1'));
        socket.write('-LOADING\r\n+PO', () => setImmediate(() => socket.write('NG\r\n')));
      });
    });
    const words = { ...CONNECT, send: 'PING\r\n', expect: '+PONG' };
    const target = { host: '127.0.0.1', port: one.port };
    expect(await tcpCheck(target, words, never)).toEqual({ kind: 'passed' });
    expect(heard).toEqual(['PING\r\n']);
    const other = { ...words, expect: '+OK', timeoutMs: 100 };
    const wrong = await conclusive(() => tcpCheck(target, other, never));
    expect(wrong).toEqual({
      kind: 'failed',
      error: `response timeout 127.0.0.1:${one.port} after 100 ms`,
    });
    await one.close();
  });

  it('fails when the origin closes, or says too much, without the words', async () => {
    const closing = await origin((socket) => socket.end('500 no\r\n'));
    const words = { ...CONNECT, expect: '220 ' };
    expect(await tcpCheck({ host: '127.0.0.1', port: closing.port }, words, never)).toEqual({
      kind: 'failed',
      error: `127.0.0.1:${closing.port} closed and did not say "220 "`,
    });
    await closing.close();
    const talking = await origin((socket) => socket.write('x'.repeat(CHECK_ANSWER_BYTES_MAX)));
    expect(await tcpCheck({ host: '127.0.0.1', port: talking.port }, words, never)).toEqual({
      kind: 'failed',
      error: `127.0.0.1:${talking.port} did not say "220 " within 16384 bytes`,
    });
    await talking.close();
  });
});
