import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/index.ts';
import { drillPlan, drillSettings } from '../drills/lab-place.ts';
import {
  address4,
  address6,
  gatewayPlan,
  type HostPlan,
  lans,
  virtualAddress4,
  virtualAddress6,
} from '../lab/address-plan.ts';
import { PAIR_ENV, tandemConfig } from '../lab/stacks/tandem.ts';
import { observerPlan } from './docker-place.ts';
import { containerOf } from './edge.ts';
import { project } from './engine.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');
const compose = parse(read('compose.yaml'), { merge: true });
interface Service {
  readonly container_name: string;
  readonly networks: Readonly<Record<string, { readonly priority?: number }>>;
  readonly cap_drop: readonly string[];
  readonly cap_add?: readonly string[];
}
const unit = read('../../scripts/systemd/tandem-keepalive.service');

/** `NET_ADMIN` and so on, as the agent's unit grants them. */
const unitCapabilities = /^AmbientCapabilities=(.*)$/m
  .exec(unit)![1]!
  .replaceAll('CAP_', '')
  .split(' ');

function compiled(path: string, node: string) {
  const loaded = loadConfig(path, { node, env: {}, hostname: 'elsewhere', cores: 2 });
  expect(loaded.problems).toEqual([]);
  if (!loaded.ok) return null;
  const { agent, proxy } = loaded.config;
  // The digest is of the text, which differs in its comments.
  return { agent: { ...agent, digest: '' }, proxy: { ...proxy, digest: '' } };
}

test.each(['edge-a', 'edge-b'])('%s runs in Docker what it runs in the lab', (node) => {
  for (const [name, value] of Object.entries(PAIR_ENV)) vi.stubEnv(name, value);
  const folder = mkdtempSync(join(tmpdir(), 'tandem-compose-'));
  const file = join(folder, 'lab.yaml');
  writeFileSync(file, tandemConfig(drillSettings(100)));
  const inLab = compiled(file, node);
  rmSync(folder, { recursive: true });
  expect(inLab).not.toBeNull();
  expect(compiled(join(import.meta.dirname, 'tandem.yaml'), node)).toEqual(inLab);
  vi.unstubAllEnvs();
});

test('hosts have the names and addresses of the lab', () => {
  const services = Object.entries<Service>(compose.services).map(([name, service]) => ({
    name,
    container: service.container_name,
    networks: service.networks,
  }));
  const plans = [...drillPlan, observerPlan];
  expect(services).toEqual(
    plans.map((plan) => ({
      name: plan.name,
      container: containerOf(plan.name),
      networks: networksOf(plan),
    })),
  );
  const [bridge] = compose.networks.edge.ipam.config;
  expect(bridge.gateway).toBe(address4(gatewayPlan));
});

/** Docker calls an interface `eth0` where its network has the highest priority. */
function networksOf(plan: HostPlan) {
  const edge = { ipv4_address: address4(plan), ipv6_address: address6(plan) };
  if (plan.lans === undefined) return { edge };
  expect(plan.lans.map((lan) => lans[lan].interface)).toEqual(['eth0', 'eth1']);
  const side = { ipv4_address: address4(plan, 'side'), priority: 100 };
  return { edge: { ...edge, priority: 1000 }, side };
}

test('the edges prove themselves with what the lab does', () => {
  for (const name of ['edge-a', 'edge-b']) {
    expect(compose.services[name].environment).toEqual(PAIR_ENV);
  }
});

test('Docker hands the virtual addresses to nobody', () => {
  const reserved = compose.networks.edge.ipam.config.map(
    (range: { aux_addresses: Record<string, string> }) => Object.values(range.aux_addresses),
  );
  expect(reserved).toEqual([[virtualAddress4], [virtualAddress6]]);
});

test('an edge has the rights that its unit has on a host, everybody else has none', () => {
  for (const [name, service] of Object.entries<Service>(compose.services)) {
    expect(service.cap_drop).toEqual(['ALL']);
    const added = name === observerPlan.name ? ['NET_RAW'] : undefined;
    expect(service.cap_add).toEqual(name.startsWith('edge-') ? unitCapabilities : added);
  }
  const lower = unitCapabilities.map((capability) => capability.toLowerCase());
  expect(read('Dockerfile')).toContain(`setcap ${lower.map((it) => `cap_${it}`).join(',')}=p `);
  expect(read('entrypoint.sh')).toContain(`in ${lower.map((it) => `+${it}`).join(',')} `);
});

test('hosts that boot systemd give their units what a host would', () => {
  const { services } = parse(read('compose.systemd.yaml'), { merge: true });
  expect(Object.keys(services)).toEqual(['edge-a', 'edge-b']);
  const proxyUnit = read('../../scripts/systemd/tandem-proxy.service');
  const bound = /^CapabilityBoundingSet=(.*)$/m.exec(proxyUnit)![1]!.replaceAll('CAP_', '');
  for (const service of Object.values<Service>(services)) {
    expect(service.cap_add).toEqual(expect.arrayContaining(bound.split(' ')));
  }
  const secrets = Object.keys(PAIR_ENV).join(' ');
  expect(read('../systemd/Dockerfile')).toContain(`PassEnvironment=${secrets}\\n`);
});

test('the plain commands and the drills mean the same project', () => {
  expect(read('.env')).toContain(`COMPOSE_PROJECT_NAME=${project}\n`);
  expect(compose.services['edge-a'].image).toBe(project);
  expect(compose.networks.edge.name).toBe(project);
});
