import { expect, test } from 'vitest';
import { judgeClock } from './clock.ts';
import { interfaceKey, sysctlPath } from './host-files.ts';
import { faults, PAIR, running, stopped, subjectOf } from './subject.case.ts';
import { defaultRoutesOf, judgeSysctls, type NetworkFacts } from './sysctls.ts';

const well: Record<string, number> = {
  'net.ipv4.conf.all.rp_filter': 0,
  'net.ipv4.conf.eth0.rp_filter': 2,
  'net.ipv4.conf.all.arp_ignore': 0,
  'net.ipv4.conf.eth0.arp_ignore': 0,
  'net.ipv4.conf.all.arp_announce': 0,
  'net.ipv4.conf.eth0.arp_announce': 0,
  'net.ipv6.conf.eth0.disable_ipv6': 0,
  'net.ipv6.conf.all.disable_ipv6': 0,
  'net.core.somaxconn': 4096,
  'net.ipv4.tcp_migrate_req': 1,
  'kernel.io_uring_disabled': 0,
};
const facts: NetworkFacts = { defaultRoutes: ['eth1'], localPorts: [32_768, 60_999] };

function faultsWith(
  change: Record<string, number | null>,
  more: Partial<NetworkFacts> = {},
  subject = subjectOf(),
) {
  const settings: Record<string, number | null> = { ...well, ...change };
  const read = (name: string) => settings[name] ?? null;
  return faults(judgeSysctls(subject, read, { ...facts, ...more }));
}

test('a host as it should be has no fault, and says each setting', () => {
  expect(faultsWith({})).toEqual([]);
  const read = (name: string) => well[name] ?? null;
  expect(judgeSysctls(subjectOf(), read, facts)).toHaveLength(9);
});

test.each([
  [
    'rp_filter',
    'warn',
    { 'net.ipv4.conf.eth0.rp_filter': 1 },
    'by eth1: packets of clients beyond',
  ],
  ['arp_ignore', 'bad', { 'net.ipv4.conf.all.arp_ignore': 8 }, 'none of its addresses'],
  ['arp_ignore', 'warn', { 'net.ipv4.conf.eth0.arp_ignore': 2 }, 'same subnet'],
  ['disable_ipv6', 'bad', { 'net.ipv6.conf.eth0.disable_ipv6': 1 }, 'cannot be put on eth0'],
  ['disable_ipv6', 'bad', { 'net.ipv6.conf.eth0.disable_ipv6': null }, 'has no IPv6'],
  ['disable_ipv6', 'warn', { 'net.ipv6.conf.all.disable_ipv6': 1 }, 'nobody reaches them'],
  ['disable_ipv6', 'bad', { 'net.ipv6.conf.all.disable_ipv6': null }, 'does not start'],
  ['somaxconn', 'warn', { 'net.core.somaxconn': 128 }, '128; listeners ask for 4096'],
  ['tcp_migrate_req', 'warn', { 'net.ipv4.tcp_migrate_req': 0 }, 'resets the connections'],
  ['io_uring_disabled', 'warn', { 'kernel.io_uring_disabled': 2 }, 'nobody may'],
] as const)('%s can be %s: %j', (setting, verdict, change, reason) => {
  const found = faultsWith(change);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ verdict, reason: expect.stringContaining(reason) });
  expect(found[0]?.what.endsWith(setting)).toBe(true);
  expect(found[0]?.remedy).toBeTruthy();
});

test('the greater of an interface and of all counts, as in the kernel', () => {
  const loose = { 'net.ipv4.conf.all.rp_filter': 1 };
  expect(faultsWith(loose)).toEqual([]);
  expect(faultsWith({ ...loose, 'net.ipv4.conf.eth0.rp_filter': 0 })).toHaveLength(1);
});

test('a strict rp_filter is fine where clients come by the way that answers leave', () => {
  const strict = { 'net.ipv4.conf.eth0.rp_filter': 1 };
  expect(faultsWith(strict, { defaultRoutes: ['eth0'] })).toEqual([]);
  expect(faultsWith(strict, { defaultRoutes: [] })[0]?.reason).toContain(
    'there is no default route',
  );
});

test('arp_announce matters once the agent runs, which sets it', () => {
  const started = subjectOf(PAIR, { agent: running({}) });
  expect(faultsWith({}, {}, started)).toMatchObject([
    { verdict: 'warn', what: 'net.ipv4.conf.eth0.arp_announce' },
  ]);
  const set = { 'net.ipv4.conf.eth0.arp_announce': 2 };
  expect(faultsWith(set, {}, started)).toEqual([]);
});

test('what the running balancer says of io_uring outweighs the setting', () => {
  const io = (report: object) => subjectOf(PAIR, { balancer: running({ io: report }) });
  const off = { 'kernel.io_uring_disabled': 2 };
  expect(faultsWith(off, {}, io({ io: 'uring', refusal: null }))).toEqual([]);
  const refused = io({ io: 'net', refusal: 'a seccomp profile' });
  expect(faultsWith({}, {}, refused)[0]?.reason).toContain('a seccomp profile');
  expect(faultsWith(off, {}, subjectOf(PAIR.replace('workers: 2', 'workers: 2, io: net')))).toEqual(
    [],
  );
});

test('few local ports are told, and an interface that is not there is left to others', () => {
  expect(faultsWith({}, { localPorts: [50_000, 59_999] })[0]?.reason).toContain('at most 10,000');
  const gone = Object.fromEntries(
    Object.keys(well).flatMap((name) => (name.includes('eth0') ? [[name, null]] : [])),
  );
  expect(faultsWith(gone)).toEqual([]);
});

test('names of interfaces with dots stay whole', () => {
  const key = interfaceKey('eth0.100');
  expect(sysctlPath(`net.ipv4.conf.${key}.rp_filter`)).toBe(
    '/proc/sys/net/ipv4/conf/eth0.100/rp_filter',
  );
});

test('default routes are those without destination and mask', () => {
  const table =
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n' +
    'eth1\t00000000\t0164A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n' +
    'eth0\t006433C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n';
  expect(defaultRoutesOf(table)).toEqual(['eth1']);
});

test('a clock that nobody keeps right is told, and what it means for HMACs', () => {
  const { config } = subjectOf();
  expect(judgeClock({ synchronised: true, errorMaxMs: 20 }, config)).toMatchObject({
    verdict: 'ok',
  });
  expect(judgeClock({ synchronised: true, errorMaxMs: 4000 }, config).verdict).toBe('warn');
  const signed = subjectOf(PAIR.replace('track:', 'auth: { keys: { 1: env:KEY } }\n    track:'));
  const drifting = { synchronised: false, errorMaxMs: 16_000_000 };
  expect(judgeClock(drifting, config).reason).toBe('nobody synchronises it');
  expect(judgeClock(drifting, signed.config).reason).toContain('adverts carry HMACs');
  expect(judgeClock(null, config)).toMatchObject({ verdict: 'unknown' });
});

test('nothing about interfaces on a host that is none of the nodes', () => {
  const elsewhere = { ...subjectOf(), node: null, agent: stopped };
  const strict = { 'net.ipv4.conf.eth0.rp_filter': 1 };
  expect(faultsWith(strict, {}, elsewhere)).toEqual([]);
});
