import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HeldByRouter } from '../../keepalive/index.ts';
import { prepareAgentReload } from './agent-reload.ts';
import { AppliedConfig } from './applied-config.ts';
import { loadHere } from './load-in-worker.ts';

/** To nowhere: a reload sets the level. */
const log = pino({}, { write() {} });
let dir: string;
let configPath: string;
let events: string[];
let failure: Error | null;

const file = (addresses: string, secret = 'env:TANDEM_TEST_PAIR') => `
nodes:
  a: { address: 198.51.100.11, priority: 200, pair_addresses: [203.0.113.11] }
  b: { address: 198.51.100.12, priority: 100, pair_addresses: [203.0.113.12] }
pair: { secret: "${secret}" }
virtual_routers: { web: { vrid: 51, interface: eth0, addresses: [${addresses}] } }
`;
const ONE = '198.51.100.100/24';
const TWO = `${ONE}, 198.51.100.101/24`;
const SECRET = 'a secret that nobody guesses';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-agent-reload-'));
  configPath = join(dir, 'tandem.yaml');
  events = [];
  failure = null;
  process.env.TANDEM_TEST_PAIR = SECRET;
});
afterEach(() => {
  delete process.env.TANDEM_TEST_PAIR;
  rmSync(dir, { recursive: true });
});

function begun() {
  const options = { configPath, node: 'a' };
  writeFileSync(configPath, file(ONE));
  const loaded = loadHere(options);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const applied = new AppliedConfig(configPath, join(dir, 'state'), loaded.config, log);
  const listed = (held: readonly HeldByRouter[]) =>
    held.flatMap(({ addresses }) => addresses.map(({ address }) => address.slice(-3))).join(' ');
  return {
    applied,
    reader: { read: async () => loadHere(options) },
    agent: {
      async reconfigure() {
        events.push('agent');
        if (failure !== null) throw failure;
      },
    },
    outlets: { reconfigure: () => void events.push('outlets') },
    pair: {
      setDigest: (digest: string) => void events.push(`peer ${digest.slice(0, 4)}`),
      setSecret: (secret: Uint8Array) => void events.push(`secret ${Buffer.from(secret)}`),
      usesSecret: (secret: Uint8Array) => Buffer.from(SECRET).equals(secret),
    },
    held: { write: (held: readonly HeldByRouter[]) => void events.push(`held ${listed(held)}`) },
    stuck: [],
    log,
  };
}

test('what may be on an interface is noted before and after, and the peer is told', async () => {
  const parts = begun();
  writeFileSync(configPath, file(TWO));
  const prepared = await prepareAgentReload(parts);
  expect(prepared.offer).toMatchObject({ node: 'a', wants: { agent: true, balancer: false } });
  expect(prepared.offer.plan).toMatchObject([{ kind: 'virtual router', detail: 'addresses' }]);
  expect(events).toEqual([]);
  await prepared.apply();
  const { digest } = prepared.offer;
  expect(events).toEqual([
    ...['held 100 100 101', 'outlets', 'agent', 'held 100 101', `peer ${digest.slice(0, 4)}`],
    `secret ${SECRET}`,
  ]);
  expect(parts.applied.report().digest).toBe(digest);
});

test('an agent that refuses keeps everything as it was', async () => {
  const parts = begun();
  writeFileSync(configPath, file(TWO));
  const prepared = await prepareAgentReload(parts);
  failure = new RangeError('this is none');
  await expect(prepared.apply()).rejects.toMatchObject({ reasons: ['this is none'] });
  expect(events.slice(-2)).toEqual(['outlets', 'held 100']);
  expect(parts.applied.report().digest).toBe(prepared.offer.running);
});

test('another secret of the pair is followed; one that cannot be had is refused', async () => {
  const parts = begun();
  process.env.TANDEM_TEST_PAIR = 'another secret of the pair';
  const prepared = await prepareAgentReload(parts);
  expect(prepared.offer.plan).toMatchObject([{ name: 'pair.secret', disturbs: null }]);
  expect(events).toEqual([]);
  await prepared.apply();
  expect(events.at(-1)).toBe('secret another secret of the pair');
  delete process.env.TANDEM_TEST_PAIR;
  await expect(prepareAgentReload(parts)).rejects.toMatchObject({
    reasons: [expect.stringContaining('TANDEM_TEST_PAIR is not set')],
  });
});
