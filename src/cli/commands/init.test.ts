import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tandem } from '../terminal.case.ts';
import { init } from './init.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-init-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]) => tandem([init], ['init', ...args, '--folder', folder]);

describe('tandem init --dev-cert', () => {
  test('makes a certificate for the names, and a key that nobody else can read', async () => {
    const [pem, key] = [join(folder, 'dev.test.pem'), join(folder, 'dev.test.key')];
    expect(await run('--dev-cert', 'dev.test,*.dev.test,127.0.0.1')).toEqual({
      status: 0,
      stdout: `tls: { certificates: [{ certificate: ${pem}, key: ${key} }] }\n`,
      stderr: '',
    });
    expect(statSync(key).mode & 0o777).toBe(0o600);
    const certificate = new X509Certificate(readFileSync(pem));
    expect(certificate.checkPrivateKey(createPrivateKey(readFileSync(key)))).toBe(true);
    expect(certificate.subjectAltName).toBe('DNS:dev.test, DNS:*.dev.test, IP Address:127.0.0.1');
    expect(certificate.validToDate.getTime()).toBeGreaterThan(Date.now() + 390 * 24 * 3_600_000);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  test('who trusts it can connect', async () => {
    await run('--dev-cert', 'localhost,127.0.0.1');
    const cert = readFileSync(join(folder, 'localhost.pem'));
    const key = readFileSync(join(folder, 'localhost.key'));
    const server = createServer({ cert, key }, (socket) => socket.end());
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as { port: number };
    const authorized = await new Promise<boolean>((decided, failed) => {
      const socket = connect({ port, host: '127.0.0.1', ca: cert, servername: 'localhost' });
      socket.on('secureConnect', () => decided(socket.authorized));
      socket.on('error', failed);
      socket.resume();
    });
    server.close();
    expect(authorized).toBe(true);
  });

  test('overwrites nothing', async () => {
    await run('--dev-cert', 'a.test');
    const { status, stderr } = await run('--dev-cert', 'a.test');
    expect([status, stderr]).toEqual([
      1,
      `${join(folder, 'a.test.pem')} is there already; nothing was made\n`,
    ]);
  });

  test.each([
    [
      ['--dev-cert', '../evil'],
      'found "../evil"; allowed: 1 to 32 host names and IPv4 addresses\n',
    ],
    [['--dev-cert', ''], 'found ""; allowed: 1 to 32 host names and IPv4 addresses\n'],
    [[], 'nothing to make; needed: --dev-cert NAME, such as localhost\n'],
  ])('refuses %j', async (args, said) => {
    expect(await run(...args)).toEqual({ status: 2, stdout: '', stderr: said });
  });
});
