/**
 * What moves with a virtual router, on real kernels: its addresses, those beside them, its routes.
 * And what happens when another program tidies them away.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { clientPlan, edgeA, edgeB, virtualAddress4 } from './address-plan.ts';
import type { Host } from './host.ts';
import { answers, configure, Monitor, startAgent, stateBecomes } from './kernel.case.ts';
import { Lab } from './lab.ts';
import { logged } from './log-line.ts';
import { tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

/** The first repair is immediate; what is seen beyond that is this machine. */
const REPAIR_MS = 150;
const EXCLUDED4 = '198.51.100.101';
const EXCLUDED6 = '2001:db8::101';
const ROUTER = `addresses: [${virtualAddress4}/24]
excluded_addresses: [${EXCLUDED4}/24, "${EXCLUDED6}/64"]
routes:
  - { to: 203.0.113.0/24, via: 198.51.100.50, source: ${virtualAddress4} }
  - { to: "2001:db8:1::/64", via: "2001:db8::50", source: "${EXCLUDED6}", metric: 77, table: 1000 }`;
const ROUTE4 = `203.0.113.0/24 via 198.51.100.50 dev eth0 proto 112 src ${virtualAddress4}`;
const ROUTE6 = `2001:db8:1::/64 via 2001:db8::50 dev eth0 table 1000 proto 112 src ${EXCLUDED6} metric 77`;

const NETWORK_MANAGER =
  'ip addr flush dev eth0 scope global; ip addr add 198.51.100.11/24 dev eth0; ' +
  'ip addr add 2001:db8::11/64 dev eth0 nodad';

let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

async function boot(router = ROUTER): Promise<{ lab: Lab; a: Host; b: Host }> {
  lab = await Lab.create({ hosts: [edgeA, edgeB, clientPlan] });
  const [a, b] = [lab.host(edgeA.name), lab.host(edgeB.name)];
  configure([a, b], router);
  startAgent(a);
  await stateBecomes(a, 'Active');
  startAgent(b);
  await stateBecomes(b, 'Backup');
  return { lab, a, b };
}

const routesOn = async (host: Host) => {
  const show = (family: string) =>
    host.exec(['ip', family, 'route', 'show', 'table', 'all', 'proto', '112']);
  const text = `${await show('-4')}${await show('-6')}`;
  return text.split('\n').flatMap((line) => {
    const words = line.replace(/ proto 112| pref medium/g, '').trim();
    return words === '' ? [] : [words.replaceAll(/\s+/g, ' ')];
  });
};
const wanted = [ROUTE4, ROUTE6].map((route) => route.replace(' proto 112', ''));

async function holds(host: Host, all: boolean): Promise<void> {
  const addresses = [virtualAddress4, EXCLUDED4, EXCLUDED6];
  const settled = async () => {
    const found = await host.addresses();
    const routes = await routesOn(host);
    return all
      ? addresses.every((one) => found.includes(one)) && routes.length === wanted.length
      : !addresses.some((one) => found.includes(one)) && routes.length === 0;
  };
  await waitUntil(`${host.name} holds ${all ? 'all' : 'nothing'}`, settled, 5_000);
}

/** Time from the last event that matches `gone` to the next one that matches `back`, ms. */
function gapMs(monitor: Monitor, gone: RegExp, back: RegExp): number {
  const lost = monitor.events(gone).at(-1);
  const again = monitor.events(back).find(({ atMs }) => atMs > (lost?.atMs ?? 0));
  return again === undefined ? Number.POSITIVE_INFINITY : again.atMs - lost!.atMs;
}

describe('what moves with a virtual router', () => {
  test('is on the Active host, all of it, and on no other', { timeout: 60_000 }, async () => {
    const { lab, a, b } = await boot();
    await holds(a, true);
    await holds(b, false);
    expect((await routesOn(a)).sort()).toEqual(wanted.toSorted());
    const [node, launcher] = tandemCommand(a, []);
    const { stdout } = await a.attempt([node!, launcher!, 'status']);
    expect(stdout).toContain(`web: not in adverts: ${EXCLUDED4}/24 ${EXCLUDED6}/64`);
    expect(stdout).toContain(
      `web: route 203.0.113.0/24 via 198.51.100.50 dev eth0 src ${virtualAddress4}\n`,
    );
    // Both families answer under the neighbours' eyes.
    const client = lab.host(clientPlan.name);
    for (const address of [EXCLUDED4, EXCLUDED6]) expect(await answers(client, address)).toBe(true);
    await lab.cut(edgeA.name);
    await holds(b, true);
    await holds(a, false);
  });

  test('of an agent that was killed is mute, and goes by --release', {
    timeout: 60_000,
  }, async () => {
    const { lab, a } = await boot();
    const client = lab.host(clientPlan.name);
    await holds(a, true);
    lab.host(edgeB.name).signal('SIGKILL');
    a.signal('SIGKILL', /launcher\.js keepalive/);
    // The lease has muted what is in no advert as well, of both families.
    for (const address of [virtualAddress4, EXCLUDED4, EXCLUDED6]) {
      await waitUntil(`${address} is mute`, async () => !(await answers(client, address)), 5_000);
    }
    await holds(a, true);
    await a.exec([...tandemCommand(a, ['keepalive', '--release'])]);
    await holds(a, false);
  });

  test('of an earlier configuration is swept at the next start', { timeout: 60_000 }, async () => {
    const { a } = await boot();
    await holds(a, true);
    a.signal('SIGKILL', /launcher\.js keepalive/);
    configure([a], 'addresses: [198.51.100.199/24]');
    startAgent(a);
    await waitUntil('routes swept', async () => (await routesOn(a)).length === 0, 10_000);
    const found = await a.addresses();
    for (const address of [virtualAddress4, EXCLUDED4, EXCLUDED6]) {
      expect(found).not.toContain(address);
    }
  });

  test('of an earlier configuration goes by --release as well', { timeout: 60_000 }, async () => {
    const { a } = await boot();
    await holds(a, true);
    a.signal('SIGKILL', /launcher\.js keepalive/);
    configure([a], 'addresses: [198.51.100.199/24]');
    await a.exec([...tandemCommand(a, ['keepalive', '--release'])]);
    await holds(a, false);
  });

  test('goes by --release when the file is of no use any more', { timeout: 60_000 }, async () => {
    const { a } = await boot();
    await holds(a, true);
    a.signal('SIGKILL', /launcher\.js keepalive/);
    writeFileSync(join(a.folder, 'tandem.yaml'), 'virtual_routers: [');
    await a.exec([...tandemCommand(a, ['keepalive', '--release'])]);
    await holds(a, false);
  });
});

describe('what another program takes away', () => {
  test('is put back within milliseconds', { timeout: 60_000 }, async () => {
    const { a } = await boot();
    await holds(a, true);
    const addresses = await Monitor.start(a, 'address');
    const routes = await Monitor.start(a, 'route');
    const seen: Record<string, number> = {};
    const repaired = async (what: string, command: string, monitor: Monitor, text: RegExp) => {
      const gone = new RegExp(`^Deleted .*${text.source}`);
      const back = new RegExp(`^(?!Deleted).*${text.source}`);
      await a.exec(['sh', '-c', command]);
      await waitUntil(`${what} is back`, () => gapMs(monitor, gone, back) < 60_000, 5_000);
      seen[what] = gapMs(monitor, gone, back);
    };
    await repaired('a route', 'ip route del 203.0.113.0/24', routes, /203\.0\.113\.0\/24/);
    const remove = `ip address del ${virtualAddress4}/24 dev eth0`;
    await repaired('an address', remove, addresses, /198\.51\.100\.100\/24/);
    // The kernel has dropped the route that had it as source, and told nobody.
    await holds(a, true);
    const said = `somebody removed 203.0.113.0/24 via 198.51.100.50 dev eth0 src ${virtualAddress4} from eth0`;
    await logged({ logFile: join(a.folder, 'tandem.log') }, new RegExp(said));
    process.stdout.write(`put back after (ms): ${JSON.stringify(seen)}\n`);
    for (const gap of Object.values(seen)) expect(gap).toBeLessThan(REPAIR_MS);
  });

  test('is put back when everything is flushed, and DAD or a restart of the link change nothing', {
    timeout: 60_000,
  }, async () => {
    const { a } = await boot();
    await holds(a, true);
    // As NetworkManager does: everything, then what its own configuration has.
    await a.exec(['sh', '-c', NETWORK_MANAGER]);
    await holds(a, true);
    await stateBecomes(a, 'Active');
    await a.exec(['sh', '-c', 'ip link set eth0 down; ip link set eth0 up']);
    await stateBecomes(a, 'Active');
    await holds(a, true);
    expect(await a.exec(['ip', '-6', 'addr', 'show', 'tentative'])).not.toContain(EXCLUDED6);
    // Somebody else has the address, and the kernel is made to look.
    const client = lab!.host(clientPlan.name);
    await client.exec(['ip', 'addr', 'add', `${EXCLUDED6}/64`, 'dev', 'eth0', 'nodad']);
    const monitor = await Monitor.start(a, 'address');
    const again = ['del', 'add'].map((verb) => `addr ${verb} ${EXCLUDED6}/64 dev eth0\n`);
    // Until it comes between the two no more: the agent waits longer each time before it repairs.
    const readded = async () => {
      const { status } = await a.attempt(['ip', '-batch', '-'], { input: again.join('') });
      return status === 0;
    };
    await waitUntil('somebody else has added it with DAD', readded, 10_000);
    const usable = async () => {
      const text = await a.exec(['ip', '-6', 'addr', 'show', 'to', EXCLUDED6]);
      return text.includes(EXCLUDED6) && !/tentative|dadfailed/.test(text);
    };
    await waitUntil('usable in spite of DAD', usable, 10_000);
    await client.exec(['ip', 'addr', 'del', `${EXCLUDED6}/64`, 'dev', 'eth0']);
    expect(monitor.events(/2001:db8::101/).length).toBeGreaterThan(0);
  });

  test('survives a renamed and a re-made interface', { timeout: 60_000 }, async () => {
    const { a } = await boot();
    await holds(a, true);
    await a.exec([
      'sh',
      '-c',
      'ip link set eth0 down; ip link set eth0 name lan0; ip link set lan0 up',
    ]);
    await waitUntil(
      'off the renamed interface',
      async () => {
        return !(await a.addresses()).includes(virtualAddress4);
      },
      5_000,
    );
    expect(await a.exec(['nft', 'list', 'tables'])).not.toContain('tandem_');
    await a.exec([
      'sh',
      '-c',
      'ip link set lan0 down; ip link set lan0 name eth0; ip link set eth0 up',
    ]);
    await a.configure();
    await stateBecomes(a, 'Active');
    await holds(a, true);
  });
});

test('a route that somebody else has is left alone', { timeout: 60_000 }, async () => {
  lab = await Lab.create({ hosts: [edgeA, edgeB, clientPlan] });
  const a = lab.host(edgeA.name);
  configure([a], ROUTER);
  const theirs = '203.0.113.0/24 via 198.51.100.21 dev eth0';
  await a.exec(['ip', 'route', 'add', ...theirs.split(' ')]);
  startAgent(a);
  await stateBecomes(a, 'Active');
  const log = () => readFileSync(join(a.folder, 'tandem.log'), 'utf8');
  await waitUntil(
    'it is said',
    () => /somebody else has a route to 203\.0\.113\.0\/24/.test(log()),
    5_000,
  );
  expect(await a.exec(['ip', 'route', 'show', '203.0.113.0/24'])).toContain(theirs);
  await a.exec(['ip', 'route', 'del', '203.0.113.0/24']);
  await waitUntil('ours is there', async () => (await routesOn(a)).length === 2, 15_000);
});
