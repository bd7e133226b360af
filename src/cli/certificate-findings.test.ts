import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { check } from './commands/check.ts';
import { makeDevCertificate } from './dev-certificate.ts';
import { tandem } from './terminal.case.ts';

const DAY_MS = 24 * 3_600_000;
let folder: string;
let certificate: string;
let key: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-admin-tls-'));
  [certificate, key] = [join(folder, 'admin.pem'), join(folder, 'admin.key')];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A pair of that age; its certificate is good for 397 days. */
function write(ageDays: number, keyAgeDays = ageDays): void {
  const made = makeDevCertificate(['edge-a.example.com'], Date.now() - ageDays * DAY_MS);
  const other = makeDevCertificate(['edge-a.example.com'], Date.now() - keyAgeDays * DAY_MS);
  writeFileSync(certificate, made.certificate);
  writeFileSync(key, keyAgeDays === ageDays ? made.key : other.key, { mode: 0o600 });
}

async function warnings(): Promise<string[]> {
  const file = join(folder, 'tandem.yaml');
  const tls = `{ certificate: ${certificate}, key: ${key} }`;
  writeFileSync(
    file,
    'listeners: { a: { bind: "127.0.0.1:1", protocol: http, routes: [{ respond: ready }] } }\n' +
      `admin: { bind: "0.0.0.0:9180", tls: ${tls}, token: env:TOKEN }\n`,
  );
  const { status, stderr } = await tandem([check], ['check', '-c', file]);
  expect(status).toBe(0);
  return stderr.split('\n').filter((line) => line.includes('admin.tls'));
}

const NOBODY = 'nobody could connect to the admin listener';
const VERIFIED = 'who verifies it refuses to connect to the admin listener';

test('a good pair of files for the admin listener is worth no word', async () => {
  write(10);
  expect(await warnings()).toEqual([]);
});

test('one that ends soon is told', async () => {
  write(390);
  expect(await warnings()).toEqual([
    expect.stringMatching(
      /:2:\d+: warning: admin\.tls\.certificate: .*admin\.pem expires in 6 days$/,
    ),
  ]);
});

test.each([
  ['expired', 400, 400, `renew it; ${VERIFIED}`],
  ['not valid yet', -3, -3, VERIFIED],
  ['with a key of another', 10, 20, `is the key of another certificate than .*; ${NOBODY}`],
])('one that is %s is told, with what follows', async (_, age, keyAge, said) => {
  write(age, keyAge);
  expect(await warnings()).toEqual([expect.stringMatching(new RegExp(`${said}$`))]);
});

test('files that are not there, and files that are none', async () => {
  expect(await warnings()).toEqual([expect.stringContaining(NOBODY)]);
  write(10);
  writeFileSync(certificate, 'nothing');
  expect(await warnings()).toEqual([
    expect.stringContaining(`admin.pem: no certificate in it (PEM is expected); ${NOBODY}`),
  ]);
});
