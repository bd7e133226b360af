import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createControlServer, json, text } from '../control/server.ts';
import { SOCKETS } from '../runtime/runtime-dir.ts';
import { listenUnix } from '../runtime/unix-listener.ts';
import { startAdmin } from './admin-listener.ts';

const log = pino({ level: 'silent' });
const state = { ready: true, reasons: [] as string[] };
const source = {
  status: () => ({ half: 'proxy' }),
  report: () => null,
  readiness: () => state,
  metrics: async () => 'tandem_up 1\n',
  traffic: () => null,
  orderServers: () => json({}),
};
const onLoopback = (port: number) => ({
  bind: { host: '127.0.0.1', port },
  tls: null,
  token: null,
  operatorToken: null,
  allow: null,
});
let runtimeDir: string;
let admin: { port: number; close(): void };

beforeEach(async () => {
  runtimeDir = mkdtempSync(join(tmpdir(), 'tandem-'));
  admin = await startAdmin(onLoopback(0), source, {
    runtimeDir,
    hasAgent: true,
    host: 'edge-a',
    log,
  });
  state.ready = true;
});
afterEach(() => {
  admin.close();
  rmSync(runtimeDir, { recursive: true });
});

function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    http
      .request({ port: admin.port, path, method, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      })
      .on('error', reject)
      .end();
  });
}

test('health follows the readiness, with the reasons', async () => {
  expect(await get('/health/live')).toEqual({ status: 200, body: 'live\n' });
  expect((await get('/health/ready')).status).toBe(200);
  state.ready = false;
  state.reasons = ['upstream api: first checks not finished'];
  expect(await get('/health/ready')).toEqual({
    status: 503,
    body: 'not ready\nupstream api: first checks not finished\n',
  });
});

test('status and metrics merge both halves, and say when the agent is not there', async () => {
  expect(JSON.parse((await get('/status')).body)).toEqual({
    keepalive: null,
    proxy: { half: 'proxy' },
  });
  const routes = { '/status': () => json({ half: 'agent' }), '/metrics': () => text('agent 1\n') };
  const agent = createControlServer(routes, log);
  await listenUnix(agent, join(runtimeDir, SOCKETS.keepalive));
  expect(JSON.parse((await get('/status')).body).keepalive).toEqual({ half: 'agent' });
  expect((await get('/metrics')).body).toBe('tandem_up 1\nagent 1\n');
  agent.close();
});

test('what checks and agents of other makers read', async () => {
  const detailed = await get('/health/detailed');
  expect(detailed.status).toBe(200);
  expect(JSON.parse(detailed.body)).toMatchObject({
    state: 'failed',
    parts: [{ part: 'balancer' }, { part: 'agent', detail: 'it does not answer' }],
  });
  expect(await get('/stub_status')).toEqual({ status: 503, body: 'the balancer is starting\n' });
});

test('what a browser could be tricked into is refused', async () => {
  expect((await get('/status', { host: 'evil.example' })).status).toBe(421);
  expect((await get('/status', { origin: 'http://evil.example' })).status).toBe(403);
  expect((await get('/status', { host: 'localhost:9180' })).status).toBe(200);
  const embedded = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
  for (const dest of ['image', 'script', 'iframe']) {
    expect((await get('/events', { ...embedded, 'sec-fetch-dest': dest })).status).toBe(403);
  }
  const link = { ...embedded, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  expect((await get('/dashboard', link)).status).toBe(200);
  const framed = { ...link, 'sec-fetch-dest': 'iframe' };
  expect((await get('/dashboard', framed)).status).toBe(403);
  expect((await get('/status', {}, 'POST')).status).toBe(405);
  expect((await get('/constructor')).status).toBe(404);
});

test('a port in use names the listener and the address', async () => {
  const config = onLoopback(admin.port);
  await expect(
    startAdmin(config, source, { runtimeDir, hasAgent: false, host: 'edge-a', log }),
  ).rejects.toThrow(`admin: cannot listen on 127.0.0.1 port ${admin.port}: the port is in use`);
});
