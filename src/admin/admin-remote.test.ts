import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeDevCertificate } from '../cli/dev-certificate.ts';
import { certificateView } from '../cli/views/certificate-view.ts';
import { json } from '../control/server.ts';
import { type RunningAdmin, startAdmin } from './admin-listener.ts';

const TOKEN = 'a token of the tests';
const source = {
  status: () => ({ half: 'proxy' }),
  report: () => null,
  readiness: () => ({ ready: false, reasons: ['upstream secret-name: no server is up'] }),
  metrics: async () => 'tandem_up 1\n',
  traffic: () => null,
  orderServers: () => json({}),
};
let folder: string;
let lines: { level: number; msg: string }[];
let certificate: string;
let key: string;
let admin: RunningAdmin;

/** Files with a certificate of so long ago. */
function writeCertificate(agoMs = 0): string {
  const made = makeDevCertificate(['localhost'], Date.now() - agoMs);
  writeFileSync(certificate, made.certificate);
  writeFileSync(key, made.key);
  return made.certificate;
}

const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });

function start(allow: { address: string; prefixLength: number }[] | null = null) {
  return startAdmin(
    {
      bind: { host: '127.0.0.1', port: 0 },
      tls: { certificate, key },
      token: Buffer.from(TOKEN),
      operatorToken: null,
      allow,
    },
    source,
    { runtimeDir: folder, hasAgent: false, host: 'edge-a', log },
  );
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-admin-'));
  certificate = join(folder, 'admin.pem');
  key = join(folder, 'admin.key');
  lines = [];
});
afterEach(() => {
  admin.close();
  rmSync(folder, { recursive: true });
});

function get(path: string, ca: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; body: string; challenge: string | undefined }>(
    (resolve, reject) => {
      const options = { port: admin.port, host: 'localhost', family: 4, path, headers, ca };
      https
        .get({ ...options, agent: false }, (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (chunk) => {
            body += chunk;
          });
          const challenge = response.headers['www-authenticate'];
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body, challenge }));
        })
        .on('error', reject);
    },
  );
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('with the token everything is told, without it nothing of what is behind this host', async () => {
  const ca = writeCertificate();
  admin = await start();
  expect((await get('/metrics', ca, bearer(TOKEN))).body).toBe('tandem_up 1\n');
  expect((await get('/health/ready', ca, bearer(TOKEN))).body).toContain('secret-name');
  expect(await get('/health/ready', ca)).toMatchObject({ status: 503, body: 'not ready\n' });
  expect(await get('/health/live', ca)).toMatchObject({ status: 200, body: 'live\n' });
  for (const headers of [{}, bearer('guess'), bearer(''), { authorization: `Basic ${TOKEN}` }]) {
    const refused = await get('/status', ca, headers);
    expect(refused).toMatchObject({ status: 401, challenge: 'Bearer realm="tandem"' });
    expect(refused.body).not.toContain('proxy');
  }
});

test('a wrong token is refused on the open paths, too, and the log has one line of all', async () => {
  const ca = writeCertificate();
  admin = await start();
  for (let guess = 0; guess < 5; guess++) {
    expect((await get('/health/live', ca, bearer(`guess ${guess}`))).status).toBe(401);
  }
  const refusals = lines.filter(({ msg }) => msg.startsWith('admin: refused 127.0.0.1'));
  expect(refusals).toHaveLength(1);
});

test('a page of another site is refused even with the token', async () => {
  const ca = writeCertificate();
  admin = await start();
  const headers = { ...bearer(TOKEN), origin: 'https://evil.example' };
  expect((await get('/status', ca, headers)).status).toBe(403);
});

test('a token that could not be read lets nobody in', async () => {
  const ca = writeCertificate();
  const bind = { host: '127.0.0.1', port: 0 };
  const tokens = { token: new Uint8Array(), operatorToken: null };
  const config = { bind, tls: { certificate, key }, ...tokens, allow: null };
  admin = await startAdmin(config, source, {
    runtimeDir: folder,
    hasAgent: false,
    host: 'edge-a',
    log,
  });
  expect((await get('/status', ca, bearer(''))).status).toBe(401);
});

test('loopback may always connect, whatever the networks are', async () => {
  const ca = writeCertificate();
  admin = await start([{ address: '203.0.113.0', prefixLength: 24 }]);
  expect((await get('/status', ca, bearer(TOKEN))).status).toBe(200);
});

test('without a certificate nobody can connect, and the log says why', async () => {
  const { certificate: ca } = makeDevCertificate(['localhost'], Date.now());
  admin = await start();
  await expect(get('/status', ca, bearer(TOKEN))).rejects.toThrow();
  expect(lines.find(({ msg }) => /ENOENT.*nobody can connect/.test(msg))?.level).toBe(50);
});

test('a key of another certificate is found out', async () => {
  writeCertificate();
  writeFileSync(key, makeDevCertificate(['localhost'], Date.now()).key);
  admin = await start();
  expect(
    lines.find(({ msg }) => /key values mismatch.*nobody can connect/.test(msg)),
  ).toBeDefined();
});

test('status has its certificate, with its end, beside those of listeners', async () => {
  writeCertificate();
  admin = await start();
  const status = admin.certificate();
  expect(status).toMatchObject({
    ...{ listener: null, upstream: null, certificate, state: 'used', fault: null },
    names: ['localhost'],
  });
  expect(status?.notAfter).toBeGreaterThan(Date.now());
  expect(certificateView([status!], Date.now()).at(-1)).toMatch(/admin\.pem +admin +used +20/);
  expect(lines.some(({ msg }) => msg.includes('expires'))).toBe(false);
});

test.each([
  ['expires in 6 days', 390.5],
  ['expired on', 400],
])('a certificate that %s is used, and told', async (text, days) => {
  writeCertificate(days * 24 * 3_600_000);
  admin = await start();
  expect(admin.certificate()?.state).toBe('used');
  expect(lines.filter(({ msg }) => msg.includes(`admin.pem ${text}`))).toMatchObject([
    { level: 40 },
  ]);
});

test('without one the status says why', async () => {
  admin = await start();
  expect(admin.certificate()).toMatchObject({
    ...{ state: 'disabled', notAfter: null, fault: expect.stringContaining('ENOENT') },
  });
});
