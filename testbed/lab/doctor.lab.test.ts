/** `tandem doctor` on hosts with faults that are real, and on one that has none. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { address4, clientPlan, edgeA, edgeB, virtualAddress4 } from './address-plan.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import { agentUntil } from './pair.case.ts';
import { tandem, tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

const HOLDER =
  "require('node:net').createServer().listen(80, '0.0.0.0', () => console.log('listening'))";
/** Of the doctor's findings; the rest is for people. */
interface Found {
  readonly check: string;
  readonly verdict: string;
  readonly what: string;
  readonly reason: string;
  readonly remedy: string | null;
}

let lab: Lab;
let edge: Host;

beforeEach(async () => {
  lab = await Lab.create({ hosts: [edgeA, edgeB, clientPlan] });
  edge = lab.host('edge-a');
});
afterEach(() => lab.close());

const settings = {
  edges: [edgeA, edgeB].map((plan) => ({ name: plan.name, address: address4(plan) })),
  virtualAddresses: [virtualAddress4],
  vrid: 51,
  advertMs: 100,
  origins: [address4(clientPlan)],
};

async function examine(): Promise<{ status: number | null; found: readonly Found[] }> {
  const command = tandemCommand(edge, ['doctor', '--json', '--listen', '1500ms']);
  const { status, stdout, stderr } = await edge.attempt(command, { timeoutMs: 30_000 });
  if (!stdout.startsWith('{')) throw new Error(`${stdout}${stderr}`);
  return { status, found: JSON.parse(stdout).findings };
}

/** Another agent, whose file has nothing to do with ours, and whose VRID is ours. */
async function startStranger(): Promise<void> {
  const host = lab.host('client');
  const own = { ...settings, edges: [{ name: 'client', address: address4(clientPlan) }] };
  await tandem.start(host, { ...own, virtualAddresses: ['198.51.100.200'] });
  await agentUntil(host, 'is Active', ({ routers }) => routers[0]?.state === 'Active');
}

test('each of several faults is named, with what to do', async () => {
  writeFileSync(join(edge.folder, 'tandem.yaml'), '');
  const running = await tandem.start(edge, settings);
  await running.stop();
  edge.spawn([process.execPath, '-e', HOLDER], { log: 'holder' });
  await waitUntil(
    'port 80 is taken',
    async () => /listening/.test(edge.logTail('holder')),
    10_000,
    50,
  );
  await edge.exec(['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/eth0/rp_filter']);
  const rules = 'table inet f { chain input { type filter hook input priority 0; policy drop; }; }';
  await edge.exec(['nft', '-f', '-'], { input: rules });
  await startStranger();

  const { status, found } = await examine();
  expect(status).toBe(1);
  const faults = found.filter(({ verdict }) => verdict === 'bad' || verdict === 'warn');
  const named = (check: string, what: string) =>
    faults.find((one) => one.check === check && one.what.startsWith(what));
  expect(named('ports', '0.0.0.0:80 (listener web)')).toMatchObject({
    reason: expect.stringMatching(/^held by node.* \(pid \d+\)$/),
  });
  expect(named('sysctls', 'net.ipv4.conf.eth0.rp_filter')).toMatchObject({
    verdict: 'warn',
    reason: expect.stringContaining('there is no default route'),
    remedy: expect.stringContaining('sysctl -w net.ipv4.conf.eth0.rp_filter=2'),
  });
  expect(named('firewall', 'VRRP from 198.51.100.12 on eth0')).toMatchObject({
    verdict: 'bad',
    reason: expect.stringContaining('dropped (table inet f, chain input, policy drop)'),
    remedy: expect.stringContaining('iifname "eth0" meta l4proto 112 accept'),
  });
  expect(named('lan', 'VRID 51 on eth0 (web)')).toMatchObject({
    verdict: 'bad',
    reason: expect.stringContaining('198.51.100.50 advertises it as well (VRRPv3, priority 200'),
  });
  expect(named('lan', 'eth0, IPv4')).toMatchObject({
    reason: expect.stringContaining('adverts of 198.51.100.50 arrive at the interface'),
  });
  expect(faults.filter(({ remedy }) => remedy === null)).toEqual([]);
});

test('a pair that runs has nothing bad, and its ports are its own', async () => {
  await tandem.start(lab.host('edge-b'), settings);
  await tandem.start(edge, settings);
  await agentUntil(edge, 'is Active', ({ routers }) => routers[0]?.state === 'Active');
  const { status, found } = await examine();
  expect(found.filter(({ verdict }) => verdict === 'bad')).toEqual([]);
  expect(status).toBe(0);
  const reasons = (check: string) =>
    found.filter((one) => one.check === check).map(({ what, reason }) => `${what}: ${reason}`);
  expect(reasons('ports')).toContain('0.0.0.0:80 (listener web): held by the balancer');
  expect(reasons('versions').filter((line) => line.endsWith(', runs'))).toHaveLength(2);
  const { stdout } = await edge.attempt(tandemCommand(edge, ['status']), { timeoutMs: 30_000 });
  expect(stdout).toMatch(/^agent on edge-a: up .*\nbalancer: /s);
  expect(stdout).not.toMatch(/does not tell|installed is/);
});
