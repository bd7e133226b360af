import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type PreparedReload, ReloadRefused } from '../../proxy/index.ts';
import { AdminKeeper } from '../admin/admin-keeper.ts';
import type { ProxyConfig } from '../config/proxy-config.ts';
import { ReloadRefusal } from '../reload/reload-desk.ts';
import { AppliedConfig } from './applied-config.ts';
import { prepareBalancerReload } from './balancer-reload.ts';
import { loadHere } from './load-in-worker.ts';

/** To nowhere: a reload sets the level. */
const log = pino({}, { write() {} });
let dir: string;
let configPath: string;
/** What was done, in its order. */
let events: string[];
let refusal: readonly string[] | null;
let takenPort: number | null;

const file = (port: number, admin = 9180, level = 'info') => `
upstreams: { o: { servers: [{ address: "127.0.0.1:9" }] } }
listeners: { web: { bind: ["127.0.0.1:${port}"], protocol: http, routes: [{ upstream: o }] } }
admin: { bind: "127.0.0.1:${admin}" }
log: { level: ${level} }
`;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-balancer-reload-'));
  configPath = join(dir, 'tandem.yaml');
  events = [];
  refusal = null;
  takenPort = null;
});
afterEach(() => rmSync(dir, { recursive: true }));

const options = () => ({ configPath, node: undefined, secretless: true, balancer: true });

const balancer = {
  async prepareReload({ listeners }: ProxyConfig): Promise<PreparedReload> {
    if (refusal !== null) throw new ReloadRefused(refusal);
    const [bind] = listeners[0]!.binds;
    events.push(`prepare ${bind!.port}`);
    const line = { what: 'changed', kind: 'listener', name: 'web', disturbs: null } as const;
    return {
      plan: { lines: [line], needsRestart: [] },
      apply: async () => void events.push('apply'),
      abandon: async () => void events.push('abandon'),
    };
  },
};

async function begun(text: string) {
  writeFileSync(configPath, text);
  const loaded = loadHere(options());
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const applied = new AppliedConfig(configPath, join(dir, 'state'), loaded.config, log);
  applied.take(loaded.config, loaded.bytes);
  const admin = new AdminKeeper(async ({ bind: { port } }) => {
    if (port === takenPort) throw new Error(`admin: port ${port} is in use`);
    events.push(`open ${port}`);
    const close = () => void events.push(`close ${port}`);
    return { port, certificate: () => null, update: async () => {}, close };
  });
  await admin.begin(loaded.config.admin);
  events = [];
  const reader = { read: async () => loadHere(options()) };
  const track = null;
  const keepWishes = () => void events.push('keep wishes');
  return { reader, applied, admin, balancer, track, keepWishes, log };
}

test('both parts are made ready, and follow together', async () => {
  const parts = await begun(file(8080));
  writeFileSync(configPath, file(8081, 9181, 'debug'));
  const prepared = await prepareBalancerReload(parts);
  expect(prepared.offer).toMatchObject({ file: configPath, node: null, warnings: [] });
  expect(prepared.offer.plan.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    ...['listener web', 'setting admin', 'setting log.level'],
  ]);
  expect(prepared.offer.digest).not.toBe(prepared.offer.running);
  expect(parts.applied.report().generation).toBe(1);
  await prepared.apply();
  expect(events.toSorted()).toEqual([
    ...['apply', 'close 9180', 'keep wishes', 'open 9181', 'prepare 8081'],
  ]);
  expect(parts.applied.report()).toMatchObject({ generation: 2, digest: prepared.offer.digest });
});

test('abandoned: both are as they were', async () => {
  const parts = await begun(file(8080));
  writeFileSync(configPath, file(8081, 9181));
  await (await prepareBalancerReload(parts)).abandon();
  expect(events.toSorted()).toEqual(['abandon', 'close 9181', 'open 9181', 'prepare 8081']);
  expect(parts.applied.report().generation).toBe(1);
});

async function refused(parts: Parameters<typeof prepareBalancerReload>[0]) {
  const error = await prepareBalancerReload(parts).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ReloadRefusal);
  return (error as ReloadRefusal).reasons;
}

test('what one refuses the other gives up, and all reasons are told', async () => {
  const parts = await begun(file(8080));
  writeFileSync(configPath, file(8081, 9181));
  refusal = ['port 8081 is in use'];
  expect(await refused(parts)).toEqual(['port 8081 is in use']);
  expect(events).toEqual(['open 9181', 'close 9181']);
  takenPort = 9181;
  expect(await refused(parts)).toEqual(['port 8081 is in use', 'admin: port 9181 is in use']);
});

test('mistakes are told as tandem check tells them, and nobody is bothered', async () => {
  const parts = await begun(file(8080));
  writeFileSync(configPath, 'listeners: 7\n');
  const [reason] = await refused(parts);
  expect(reason).toContain(`${configPath}:1:12: listeners: `);
  expect(events).toEqual([]);
});
