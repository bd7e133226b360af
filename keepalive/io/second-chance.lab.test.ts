import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { interfaceIndex } from '../../src/os/interface-index.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import { makeHosts, onHost, removeHosts, shOn } from '../../src/os/two-hosts.case.ts';
import type { SecondChanceOptions, SecondChancePort } from '../handover/handover-ports.ts';
import type { Logger } from '../ports.ts';
import { openSecondChances } from './second-chance.ts';

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const FIRST: SecondChanceOptions = {
  interface: 'eth0',
  family: 4,
  vrid: 51,
  addresses: [{ address: '198.51.100.100', prefixLength: 24 }],
  peer: parseIp('198.51.100.2')!,
};
const SECOND: SecondChanceOptions = {
  ...FIRST,
  family: 6,
  addresses: [
    { address: 'fe80::100', prefixLength: 64 },
    { address: '2001:db8::100', prefixLength: 64 },
  ],
  peer: parseIp('fe80::ff:fe00:2')!,
};

let port: SecondChancePort;
const tables = () => shOn('left', 'nft list tables').trim().split('\n').filter(Boolean);

beforeAll(makeHosts);
afterAll(removeHosts);
beforeEach(() => {
  port = openSecondChances(log, '/run/tandem');
});
afterEach(() => {
  onHost('left', () => port.close());
  shOn('left', 'nft flush ruleset');
});

it('makes a table of its own for each router, and takes away no other', () => {
  onHost('left', () => {
    const index = interfaceIndex('eth0');
    shOn('left', 'nft add table ip other; nft add table ip6 tandem_other');
    const others = tables();
    const first = port.open(FIRST);
    const second = port.open(SECOND);
    const names = [`table ip tandem_${index}_ipv4_51`, `table ip6 tandem_${index}_ipv6_51`];
    expect(tables().sort()).toEqual([...others, ...names].sort());
    expect(() => port.open(FIRST)).toThrow('open already');
    expect([first.counters(), second.counters()]).toEqual(Array(2).fill({ packets: 0, bytes: 0 }));
    first.close();
    first.close();
    expect(first.counters()).toEqual({ packets: 0, bytes: 0 });
    second.close();
    expect(tables()).toEqual(others);
  });
});

it.each([4, 6] as const)('rehearses IPv%d, which leaves nothing behind', (family) => {
  onHost('left', () => {
    shOn('left', 'nft add table ip other');
    port.rehearse(family);
    expect(tables()).toEqual(['table ip other']);
    port.sweep();
    expect(tables()).toEqual(['table ip other']);
  });
});

it('sweeps what an agent of its instance left behind, and nothing else', () => {
  onHost('left', () => {
    const dead = openSecondChances(log, '/run/tandem');
    const other = openSecondChances(log, '/run/another');
    dead.open(FIRST);
    other.open({ ...FIRST, vrid: 52 });
    const kept = port.open(SECOND);
    const before = tables();
    port.sweep();
    expect(tables()).toEqual(before.filter((table) => !table.endsWith('_ipv4_51')));
    kept.close();
    other.close();
    dead.close();
    expect(tables()).toEqual([]);
  });
});

it('is put back when somebody flushes it in the moment in which it was made', async () => {
  onHost('left', () => port.open(FIRST));
  const made = tables();
  expect(made).toHaveLength(1);
  shOn('left', 'nft flush ruleset');
  expect(tables()).toEqual([]);
  await vi.waitFor(() => expect(tables()).toEqual(made), { timeout: 5_000, interval: 50 });
});

it('covers other addresses from one moment to the next, and goes on counting', () => {
  onHost('left', () => {
    const chance = port.open(FIRST);
    const rules = () => shOn('left', 'nft list ruleset');
    expect(rules()).toContain('ip daddr != 198.51.100.100 accept');
    chance.cover([...FIRST.addresses, { address: '198.51.100.101', prefixLength: 24 }]);
    expect(rules()).toContain('ip daddr != { 198.51.100.100, 198.51.100.101 } accept');
    expect(chance.counters()).toEqual({ packets: 0, bytes: 0 });
    expect(() => chance.cover(SECOND.addresses)).toThrow('no IPv4 address');
    shOn('left', 'nft flush ruleset');
    chance.cover(FIRST.addresses);
    expect(rules()).toContain('ip daddr != 198.51.100.100 accept');
    chance.close();
    chance.cover(FIRST.addresses);
    expect(tables()).toEqual([]);
  });
});

it('says what the kernel refuses', () => {
  onHost('left', () => {
    expect(() => port.open({ ...FIRST, interface: 'eth9' })).toThrow('eth9');
    expect(() => port.open({ ...FIRST, peer: SECOND.peer })).toThrow('no IPv6 address');
  });
});
