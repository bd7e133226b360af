import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { CheckTls, HealthCheckConfig } from '../../src/config/health-config.ts';
import type { ServerConfig } from '../../src/config/proxy-config.ts';
import { UPSTREAM_TLS } from '../certificates/tls-config.fixture.ts';
import { checkOf, HTTP_PROBE, TCP_PROBE } from '../upstream/upstream.fixture.ts';
import { httpCheck } from './http-check.ts';
import { closedPort, conclusive, origin } from './origin.fixture.ts';
import { runCheck } from './run-check.ts';
import { tcpCheck } from './tcp-check.ts';
import { CERTIFICATE, tlsOrigin } from './tls-origin.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'tandem-check-'));
const CA = join(folder, 'ca.pem');
writeFileSync(CA, CERTIFICATE);
const UNVERIFIED: CheckTls = { verify: false, serverName: null, ca: null };
const VERIFIED: CheckTls = { verify: true, serverName: null, ca: CA };
const NAMED: CheckTls = { ...VERIFIED, serverName: 'origin.test' };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function serving(behave: Parameters<typeof tlsOrigin>[0] = () => {}) {
  const one = await tlsOrigin(behave);
  closing.push(one.close);
  return one;
}

function handshake(port: number, tls: CheckTls, timeoutMs = 5000) {
  const signal = new AbortController().signal;
  return tcpCheck({ host: '127.0.0.1', port }, { ...TCP_PROBE, tls, timeoutMs }, signal);
}

describe('a check over TLS', () => {
  it('passes with any certificate where none is demanded', async () => {
    const { port } = await serving();
    expect(await handshake(port, UNVERIFIED)).toEqual({ kind: 'passed' });
  });

  it('passes with a certificate for the address, or for the name that is asked for', async () => {
    const { port, names } = await serving();
    expect(await handshake(port, VERIFIED)).toEqual({ kind: 'passed' });
    expect(await handshake(port, NAMED)).toEqual({ kind: 'passed' });
    await expect.poll(() => names).toEqual([false, 'origin.test']);
  });

  it('begins with a PROXY header where the server wants one, then the handshake', async () => {
    const { port } = await serving();
    const line = 'PROXY UNKNOWN\r\n';
    let received = '';
    const relay = await origin((socket) => {
      const inner = connect(port, '127.0.0.1');
      inner.on('error', () => {});
      inner.pipe(socket);
      socket.once('data', (bytes: Buffer) => {
        received = bytes.subarray(0, line.length).toString('latin1');
        if (bytes.length > line.length) inner.write(bytes.subarray(line.length));
        socket.pipe(inner);
      });
    });
    closing.push(() => relay.close());
    const { signal } = new AbortController();
    const check = { ...TCP_PROBE, tls: VERIFIED, timeoutMs: 5000 };
    const target = { host: '127.0.0.1', sendProxy: 'v1' as const };
    expect(await tcpCheck({ ...target, port: relay.port }, check, signal)).toEqual({
      kind: 'passed',
    });
    expect(received).toBe(line);
    const dead = await closedPort();
    expect(await tcpCheck({ ...target, port: dead }, check, signal)).toEqual({
      kind: 'failed',
      error: `connect refused 127.0.0.1:${dead}`,
    });
  });

  it('asks for the name that the server was found by', async () => {
    const { port, names } = await serving();
    const target = { host: '127.0.0.1', port, name: 'origin.test' };
    const config = { ...TCP_PROBE, tls: VERIFIED, timeoutMs: 5000 };
    const signal = new AbortController().signal;
    expect(await tcpCheck(target, config, signal)).toEqual({ kind: 'passed' });
    await expect.poll(() => names).toEqual(['origin.test']);
  });

  it.each([
    [{ ...NAMED, serverName: 'other.test' }, 'certificate is for another name'],
    [{ ...NAMED, ca: null }, 'certificate is signed by itself'],
  ])('fails with what is wrong about the certificate', async (tls, error) => {
    const { port } = await serving();
    const outcome = await handshake(port, tls);
    expect(outcome).toEqual({ kind: 'failed', error: `${error} 127.0.0.1:${port}` });
  });

  it('counts for nothing without the file of authorities, and says so', async () => {
    const { port } = await serving();
    const outcome = await handshake(port, { ...VERIFIED, ca: '/nonexistent/ca.pem' });
    expect(outcome).toMatchObject({
      kind: 'inconclusive',
      error: expect.stringContaining('/nonexistent/ca.pem: there is no such file'),
    });
  });

  it('fails where no TLS is spoken, and where nothing is', async () => {
    const plain = await origin((socket) => socket.write('220 mail.example.com\r\n'));
    const silent = await origin(() => {});
    closing.push(
      () => plain.close(),
      () => silent.close(),
    );
    expect(await handshake(plain.port, UNVERIFIED)).toEqual({
      kind: 'failed',
      error: `no TLS spoken 127.0.0.1:${plain.port}`,
    });
    expect(await conclusive(() => handshake(silent.port, UNVERIFIED, 100))).toEqual({
      kind: 'failed',
      error: `TLS handshake timeout 127.0.0.1:${silent.port} after 100 ms`,
    });
  });

  it('carries HTTP, and asks for the name in Host', async () => {
    const { port, names } = await serving((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nall is well'));
    });
    const probe = { ...HTTP_PROBE, host: 'origin.test', tls: VERIFIED, timeoutMs: 5000 };
    const body = { kind: 'contains', text: 'well' } as const;
    const signal = new AbortController().signal;
    const target = { host: '127.0.0.1', port };
    expect(await httpCheck(target, { ...probe, body }, signal)).toEqual({ kind: 'passed' });
    await expect.poll(() => names).toEqual(['origin.test']);
  });
});

describe('a check of an upstream with tls', () => {
  // What requests use was read before, and is not read again.
  const upstream = { name: 'api', sendProxy: null, tls: { ...UPSTREAM_TLS, ca: '/gone' } };
  const server = { host: '127.0.0.1', weight: 1, backup: false };
  const http = { ...HTTP_PROBE, host: 'www.example.com' };
  const answering = () =>
    serving((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    });

  function run(
    port: number,
    check: Partial<HealthCheckConfig>,
    checked: Partial<ServerConfig> = {},
    fault: string | null = null,
  ) {
    return runCheck({
      upstream,
      material: { ca: CERTIFICATE, certificate: null, fault },
      server: { ...server, port, ...checked },
      check: checkOf({ probe: http, timeoutMs: 5000, ...check }),
      signal: new AbortController().signal,
      runner: () => {
        throw new Error('no command');
      },
    });
  }

  it('speaks TLS as requests do: the Host field says nothing of the certificate', async () => {
    const { port, names } = await answering();
    expect(await run(port, {})).toEqual({ kind: 'passed' });
    await expect.poll(() => names).toEqual([false]);
    const own = { ...VERIFIED, serverName: 'wrong.test' };
    expect(await run(port, { probe: { ...http, tls: own } })).toMatchObject({
      error: expect.stringContaining('certificate is for another name'),
    });
  });

  it('says nothing of the server when files are bad that it takes', async () => {
    const { port } = await answering();
    expect(await run(port, {}, {}, 'ca.pem: there is no such file')).toEqual({
      kind: 'inconclusive',
      error: 'ca.pem: there is no such file',
    });
    const bad = join(folder, 'bad.pem');
    writeFileSync(bad, 'no certificate');
    expect(await run(port, { probe: { ...http, tls: { ...VERIFIED, ca: bad } } })).toEqual({
      kind: 'inconclusive',
      error: `${bad}: no certificate in it (PEM is expected)`,
    });
  });

  it('speaks plainly elsewhere than at the port of the requests', async () => {
    const plain = await origin((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    closing.push(() => plain.close());
    expect(await run(1, { port: plain.port })).toEqual({ kind: 'passed' });
    const checkAddress = { host: '127.0.0.1', port: plain.port };
    expect(await run(1, {}, { checkAddress })).toEqual({ kind: 'passed' });
  });
});
