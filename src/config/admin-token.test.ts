import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from './index.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a balancer that cannot read the token starts all the same, and lets nobody in', () => {
  const file = join(folder, 'tandem.yaml');
  writeFileSync(
    file,
    `upstreams: { api: { servers: [{ address: 198.51.100.21:80 }] } }
listeners: { http: { bind: "0.0.0.0:80", protocol: http, routes: [{ upstream: api }] } }
admin: { bind: 0.0.0.0:9180, tls: { certificate: /a, key: /b }, token: file:/none,
  operator_token: file:/nowhere }
`,
  );
  const options = { env: {}, hostname: 'a', cores: 1, secretless: true, balancer: true };
  const result = loadConfig(file, options);
  if (!result.ok) return expect.unreachable(result.problems[0]!.message);
  expect(result.config.admin?.token).toEqual(new Uint8Array());
  expect(result.config.admin?.operatorToken).toEqual(new Uint8Array());
  expect(result.problems).toMatchObject([
    {
      severity: 'warning',
      path: 'admin.token',
      message: expect.stringMatching(/^\/none: there is no such file: the admin listener tells/),
    },
    {
      severity: 'warning',
      path: 'admin.operator_token',
      message: expect.stringMatching(/^\/nowhere: there is no such file: nobody orders anything/),
    },
  ]);
});

test('a token that was read here and one that came from a thread are the same value', () => {
  const file = join(folder, 'tandem.yaml');
  const token = join(folder, 'admin.token');
  writeFileSync(token, 'a token that nobody guesses\n');
  writeFileSync(
    file,
    `upstreams: { api: { servers: [{ address: 198.51.100.21:80 }] } }
listeners: { http: { bind: "0.0.0.0:80", protocol: http, routes: [{ upstream: api }] } }
admin: { token: "file:${token}" }
`,
  );
  const result = loadConfig(file, { env: {}, hostname: 'a', cores: 1, balancer: true });
  if (!result.ok) return expect.unreachable(result.problems[0]!.message);
  const { admin } = result.config;
  expect(admin?.token).toHaveLength(27);
  // What a reload compares by: a Buffer would make it tell of a change that is none.
  expect(isDeepStrictEqual(structuredClone(admin), admin)).toBe(true);
});
