import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SetContent } from '../../src/os/nftables-set.ts';
import {
  armLease,
  changeVoice,
  changeWatch,
  endDrain,
  endLease,
  installLease,
  type LeaseScope,
  leaseSets,
  reviseLease,
  startDrain,
} from './lease-rules.ts';
import { instanceMark, routerTable } from './own-tables.ts';

/** `UPDATE_GOLDEN=1` rewrites the file; its difference is reviewed like code. */
const GOLDEN = new URL('./lease-rules.golden', import.meta.url);

const ipv4: LeaseScope = {
  interface: 'eth0',
  interfaceIndex: 2,
  mark: instanceMark('/run/tandem'),
  family: 4,
  vrid: 51,
  addresses: ['198.51.100.100'],
  durationMs: 300,
};
const watched: LeaseScope = { ...ipv4, bfd: { peer: '198.51.100.12', durationMs: 30 } };
const unwatched: LeaseScope = { ...ipv4, bfd: { peer: 'fe80::12', durationMs: null } };
const cases: Readonly<Record<string, string | readonly SetContent[]>> = {
  'IPv4, one address, expired': installLease(ipv4, false),
  'IPv4, one address, running': installLease(ipv4, true),
  'IPv4, three addresses, VLAN interface, 10 ms adverts': installLease(
    {
      ...ipv4,
      interface: 'bond0.100',
      interfaceIndex: 17,
      vrid: 255,
      addresses: ['198.51.100.100', '198.51.100.101', '203.0.113.9'],
      durationMs: 30,
    },
    false,
  ),
  'IPv6, a link-local and a global address': installLease(
    { ...ipv4, family: 6, addresses: ['fe80::100', '2001:db8::100'], durationMs: 3000 },
    true,
  ),
  'IPv4, with BFD that is up': installLease(watched, false),
  'IPv4, with BFD over IPv6 that is not up': installLease(unwatched, false),
  'IPv4, unicast adverts': installLease({ ...ipv4, unicast: true }, false),
  'IPv6, unicast adverts, with BFD': installLease(
    { ...watched, family: 6, addresses: ['2001:db8::100'], unicast: true },
    false,
  ),
  'both families, nothing accepted': installLease(
    { ...ipv4, addresses: ['198.51.100.100', '2001:db8::100'], accept: false },
    false,
  ),
  'accepted from now on': reviseLease({ ...ipv4, accept: false }, ipv4),
  'BFD came up': changeWatch(watched),
  'BFD went down': changeWatch(unwatched),
  'arming with BFD that is up': armLease(watched),
  'arming with BFD that is not up': armLease(unwatched),
  arming: armLease(ipv4),
  ending: endLease(),
  'draining, put back': installLease({ ...ipv4, linkLocal: 'fe80::11' }, false, 90_000),
  'a drain begins': startDrain(ipv4, 600_000),
  'another link-local address': changeVoice({ ...ipv4, linkLocal: 'fe80::12' }),
  'no link-local address any more': changeVoice({ ...ipv4, linkLocal: null }),
  'a drain ends': endDrain(),
  'another address and time, running or not': reviseLease(ipv4, {
    ...ipv4,
    addresses: ['198.51.100.100', '203.0.113.9'],
    durationMs: 3000,
  }),
  'BFD from now on': reviseLease(ipv4, { ...unwatched, addresses: ipv4.addresses }),
  'BFD no longer': reviseLease(watched, ipv4),
  'unicast from now on': reviseLease(ipv4, { ...ipv4, unicast: true }),
  'unicast as before, another time': reviseLease(
    { ...ipv4, unicast: true },
    { ...ipv4, unicast: true, durationMs: 30 },
  ),
  'unicast no longer': reviseLease({ ...ipv4, unicast: true }, ipv4),
};

/** What is in the sets, a line each. */
function told(contents: readonly SetContent[]): string {
  return contents.map((content) => `${JSON.stringify(content)}\n`).join('');
}

it('are these rules', () => {
  const text = Object.entries(cases)
    .map(([name, rules]) => `### ${name}\n${typeof rules === 'string' ? rules : told(rules)}`)
    .join('\n');
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(GOLDEN, text);
  expect(text).toBe(readFileSync(GOLDEN, 'utf8'));
});

describe('tables', () => {
  it('differ by interface, family and router, and for nothing else', () => {
    const others = [
      { ...ipv4, interfaceIndex: 3 },
      { ...ipv4, family: 6 as const },
      { ...ipv4, vrid: 52 },
    ];
    const names = [ipv4, ...others].map(routerTable);
    expect(new Set(names).size).toBe(4);
    expect(routerTable({ ...ipv4, ...{ durationMs: 30 } })).toBe(routerTable(ipv4));
    expect(routerTable(watched)).toBe(routerTable(ipv4));
    expect([ipv4, watched, unwatched].map(leaseSets)).toEqual([
      ['lease'],
      ['lease', 'watch'],
      ['lease', 'watch'],
    ]);
  });
});

it('refuses what would end up in the rules as something else', () => {
  const install = (change: Partial<LeaseScope>) => () => installLease({ ...ipv4, ...change }, true);
  expect(install({ addresses: ['198.51.100.1 } drop'] })).toThrow(RangeError);
  expect(install({ family: 6, addresses: ['2001:db8::1 } drop'] })).toThrow(RangeError);
  expect(install({ interface: 'eth0" drop' })).toThrow(RangeError);
  const peer = '198.51.100.12 } drop';
  expect(install({ bfd: { peer, durationMs: null } })).toThrow(RangeError);
});
