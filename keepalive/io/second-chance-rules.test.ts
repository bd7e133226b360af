import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import { instanceMark } from './own-tables.ts';
import {
  changePeerMac,
  installSecondChance,
  type SecondChanceScope,
  secondChanceTable,
} from './second-chance-rules.ts';

/** `UPDATE_GOLDEN=1` rewrites the file; its difference is reviewed like code. */
const GOLDEN = new URL('./second-chance-rules.golden', import.meta.url);

const ipv4: SecondChanceScope = {
  interfaceIndex: 2,
  mark: instanceMark('/run/tandem'),
  family: 4,
  vrid: 51,
  addresses: ['198.51.100.100'],
  peer: parseIp('198.51.100.11')!,
  peerMac: null,
};
const ipv6: SecondChanceScope = {
  ...ipv4,
  family: 6,
  addresses: ['fe80::100', '2001:db8::100'],
  peer: parseIp('fe80::11')!,
  peerMac: Uint8Array.of(2, 0, 0, 0, 0, 0x11),
};
const cases: Readonly<Record<string, string>> = {
  'IPv4, one address': installSecondChance(ipv4),
  'IPv4, addresses of both families, VLAN interface': installSecondChance({
    ...ipv4,
    interfaceIndex: 17,
    vrid: 255,
    addresses: ['198.51.100.100', '2001:db8::100', '203.0.113.9'],
  }),
  'IPv6, a link-local and a global address': installSecondChance(ipv6),
  'the peer is heard of': changePeerMac(ipv6),
  'the peer is lost': changePeerMac(ipv4),
};

it('are these rules', () => {
  const text = Object.entries(cases)
    .map(([name, rules]) => `### ${name}\n${rules}`)
    .join('\n');
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(GOLDEN, text);
  expect(text).toBe(readFileSync(GOLDEN, 'utf8'));
});

describe('tables', () => {
  it('are named as the lease of the router, in the family of the peer', () => {
    expect(secondChanceTable(ipv4)).toBe('ip tandem_2_ipv4_51');
    expect(secondChanceTable(ipv6)).toBe('ip6 tandem_2_ipv6_51');
  });
});

it('refuses what would end up in the rules as something else', () => {
  const install = (change: Partial<SecondChanceScope>) => () =>
    installSecondChance({ ...ipv4, ...change });
  expect(install({ addresses: ['198.51.100.1 } drop'] })).toThrow(RangeError);
  expect(install({ addresses: ['2001:db8::1'] })).toThrow(RangeError);
  expect(install({ peer: Uint8Array.of(1) })).toThrow(RangeError);
});
