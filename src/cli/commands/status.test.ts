import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { checkFile } from '../../config/index.ts';
import { tandem } from '../terminal.case.ts';
import { commands } from './index.ts';
import { status } from './status.ts';

const folder = mkdtempSync(join(tmpdir(), 'tandem-status-'));
const file = join(folder, 'tandem.yaml');
const text =
  'listeners: { a: { bind: "127.0.0.1:1", protocol: http, routes: [{ respond: ready }] } }\n';
const balancer = {
  digest: '',
  io: { io: 'net', refusal: null },
  readiness: { ready: true, reasons: [], serving: true },
  workers: [],
  listeners: [],
  upstreams: [],
  names: [],
  absentServers: [],
  limits: [],
  caches: [],
  routes: [],
  accessLogs: [],
  certificates: [],
  draining: [],
};
let digest = '';
/** Goes on by a second each time somebody asks. */
let uptimeMs = 0;
let hangs = false;
const server = http.createServer((_, response) => {
  uptimeMs += 1_000;
  if (!hangs) response.end(JSON.stringify({ ...balancer, digest, uptimeMs }));
});

const run = (...args: string[]) =>
  tandem([status], ['status', ...args], { env: { TANDEM_RUNTIME_DIR: folder } });

beforeAll(() => {
  writeFileSync(file, text);
  return new Promise<void>((resolve) => server.listen(join(folder, 'proxy.sock'), resolve));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

test('a plain balancer needs no agent, and runs with the file of -c', async () => {
  digest = checkFile(file).digest;
  const outcome = await run('-c', file);
  expect(outcome).toMatchObject({ status: 0, stderr: '' });
  expect(outcome.stdout).toContain(`${file} has no virtual_routers, so none is needed`);
  expect(outcome.stdout).not.toContain('as it is now');
});

test('a file that is not what the balancer runs with is told', async () => {
  digest = 'f'.repeat(64);
  const now = checkFile(file).digest;
  const { stdout } = await run('-c', file);
  expect(stdout).toContain(`not run with ${file} as it is now (config ${now.slice(0, 12)})`);
  const { stdout: json } = await run('-c', file, '--json');
  expect(JSON.parse(json).config).toEqual({ file, digest: now });
});

test('a file of -c that cannot be read is told; without -c nobody asks for one', async () => {
  const none = join(folder, 'none');
  expect(await run('-c', none)).toMatchObject({ status: 0, stderr: `${none}: no such file\n` });
  expect(await run()).toMatchObject({ status: 0, stderr: '' });
});

test('--watch goes on until Ctrl-C, with what comes in a second', async () => {
  digest = checkFile(file).digest;
  uptimeMs = 1_000;
  const before = process.listenerCount('SIGINT');
  const ended = run('--watch', '-c', file);
  await vi.waitFor(() => expect(uptimeMs).toBeGreaterThanOrEqual(3_000), { timeout: 10_000 });
  process.emit('SIGINT');
  const { status: exit, stdout, stderr } = await ended;
  expect([exit, stderr]).toEqual([0, '']);
  expect(stdout.match(/balancer: ready/g)!.length).toBeGreaterThanOrEqual(2);
  expect(stdout).toMatch(/^\d\d:\d\d:\d\d {2}0 requests a second, 0 of them 5xx; /m);
  expect(process.listenerCount('SIGINT')).toBe(before);
}, 15_000);

test('Ctrl-C ends --watch at once, also when the balancer hangs', async () => {
  digest = checkFile(file).digest;
  uptimeMs = 0;
  const ended = run('--watch', '-c', file);
  await vi.waitFor(() => expect(uptimeMs).toBeGreaterThan(0));
  hangs = true;
  uptimeMs = 0;
  await vi.waitFor(() => expect(uptimeMs).toBeGreaterThan(0), { timeout: 5_000 });
  process.emit('SIGINT');
  const first = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1_000))]);
  expect(first).toMatchObject({ status: 0 });
  hangs = false;
  server.closeAllConnections();
}, 15_000);

test('every command about a host takes -c and --node', () => {
  const about = commands.filter(({ name }) => !['schema', 'init', 'version'].includes(name));
  for (const { name, shared } of about)
    expect([name, ...shared]).toEqual(expect.arrayContaining([name, 'config', 'node']));
});
