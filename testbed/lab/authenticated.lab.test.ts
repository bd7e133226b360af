/**
 * Authenticated advertisements against a host of the LAN that forges and replays them. Without keys
 * one forged packet takes the address from its holder; with them nothing that it does moves it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { RouterStatus } from '../../keepalive/index.ts';
import { clientPlan, edgeA, edgeB, virtualAddress4 } from './address-plan.ts';
import type { AddressWatch } from './address-watch.ts';
import { agentStatus } from './agent-status.ts';
import { goFirstOurselves } from './go-first.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import { tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

const [BETTER, WORSE] = [edgeA.name, edgeB.name];
const [BETTER_IP, WORSE_IP, STRANGER_IP] = ['198.51.100.11', '198.51.100.12', '198.51.100.50'];
const ATTACKER = join(import.meta.dirname, 'advert-attacker.case.ts');
/** Longer than any down timer here, and than the tolerance of clocks at a start. */
const LONG_MS = 1_500;

let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

beforeAll(goFirstOurselves);

const configText = (auth: string) => `nodes:
  ${BETTER}: { address: ${BETTER_IP}, priority: 200 }
  ${WORSE}: { address: ${WORSE_IP}, priority: 100 }
virtual_routers:
  web:
    vrid: 51
    interface: eth0
    addresses: [${virtualAddress4}/24]
    advert_interval: 100ms
    ${auth}
    track: { proxy: false }
`;

async function routerOn(host: Host): Promise<RouterStatus | undefined> {
  return (await agentStatus(host))?.routers[0];
}

interface Scene {
  readonly better: Host;
  readonly worse: Host;
  readonly watch: AddressWatch;
  start(host: Host): ReturnType<Host['spawn']>;
  /** Gives the attacker an order. */
  attack(order: string): Promise<number>;
  /** The address is on that host and stays there; with what was seen otherwise. */
  stays(name: string): Promise<void>;
}

async function scene(auth: (host: Host) => string): Promise<Scene> {
  lab = await Lab.create({ hosts: [edgeA, edgeB, clientPlan] });
  const [better, worse] = [lab.host(BETTER), lab.host(WORSE)];
  const watch = await lab.watch(virtualAddress4, [BETTER, WORSE]);
  const attacker = lab
    .host(clientPlan.name)
    .spawn([process.execPath, ATTACKER], { streams: 'pipe', instrument: true, log: 'attacker' });
  const answers = createInterface({ input: attacker.child.stdout! })[Symbol.asyncIterator]();
  return {
    better,
    worse,
    watch,
    start(host) {
      writeFileSync(join(host.folder, 'tandem.yaml'), configText(auth(host)));
      return host.spawn(tandemCommand(host, ['keepalive']), { log: 'tandem' });
    },
    async attack(order) {
      attacker.child.stdin?.write(`${order}\n`);
      return Number((await answers.next()).value);
    },
    async stays(name) {
      const before = watch.history.length;
      await delay(LONG_MS);
      expect(watch.history.slice(before)).toEqual([]);
      expect(watch.holders).toEqual([name]);
    },
  };
}

const sole = (watch: AddressWatch, name: string) =>
  watch.until((holders) => holders.join() === name, 15_000);

function keys(host: Host): string {
  const secret = join(host.folder, 'vrrp.key');
  writeFileSync(secret, `hex:${'0123456789abcdef'.repeat(4)}\n`, { mode: 0o600 });
  return `auth: { keys: { 1: "file:${secret}" } }`;
}

async function statisticsOn(host: Host): Promise<RouterStatus['statistics']> {
  const router = await routerOn(host);
  if (router === undefined) throw new Error(`${host.name} does not answer`);
  return router.statistics;
}

test('without keys one forged advertisement takes the address away', async () => {
  const { better, worse, watch, start, attack } = await scene(() => '');
  for (const host of [better, worse]) start(host);
  await sole(watch, BETTER);
  await attack(`forge ${STRANGER_IP} 254`);
  await watch.until((holders) => !holders.includes(BETTER), 2_000);
});

test('with keys, forged and replayed advertisements move nothing', async () => {
  const { better, worse, watch, start, attack, stays } = await scene(keys);
  const first = start(better);
  start(worse);
  await sole(watch, BETTER);
  const follows = async () => (await routerOn(worse))?.active?.priority === 200;
  await waitUntil('the Backup follows', follows, 10_000, 50);

  // Forged under its own address, and under the peer's.
  for (const source of [STRANGER_IP, WORSE_IP]) {
    for (let i = 0; i < 5; i++) await attack(`forge ${source} 254`);
  }
  await stays(BETTER);
  expect((await statisticsOn(better)).hmacMissing).toBeGreaterThanOrEqual(10);

  // A genuine resignation, kept and sent again after its sender has come back.
  await first.stop();
  await sole(watch, WORSE);
  expect(await attack(`heard ${BETTER_IP} 0`)).toBeGreaterThan(0);
  expect(await attack(`replay ${BETTER_IP} 200`)).toBeGreaterThan(10);
  await stays(WORSE);
  expect((await statisticsOn(worse)).hmacReplayed).toBeGreaterThan(10);
  start(better);
  await sole(watch, BETTER);
  await waitUntil('the Backup follows again', follows, 10_000, 50);
  await attack(`replay ${BETTER_IP} 0`);
  await attack(`forge ${BETTER_IP} 0`);
  await stays(BETTER);

  // What it heard is old for an agent that starts anew as well, and keeps it from nothing.
  await worse.killAll();
  await better.killAll();
  await delay(LONG_MS);
  start(worse);
  // The killed host keeps the address, and is mute.
  const takesOver = watch.until((holders) => holders.includes(WORSE), 15_000);
  for (let i = 0; i < 20; i++) {
    await attack(`replay ${BETTER_IP} 200`);
    await delay(50);
  }
  await takesOver;
  expect(await routerOn(worse)).toMatchObject({ state: 'Active', auth: 'hmac-enforce' });
});
