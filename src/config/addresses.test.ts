import { expect, test } from 'vitest';
import { parseIp } from '../os/ip-address.ts';
import {
  canonicalIp,
  hostBits,
  isIpv4Mapped,
  isLinkLocal6,
  isLoopback,
  isMulticast,
  isWildcard,
} from './addresses.ts';

function bytes(text: string): Uint8Array {
  const parsed = parseIp(text);
  if (parsed === null) throw new Error(`${text} is no address`);
  return parsed;
}

test('one text for each address', () => {
  expect(canonicalIp('2001:DB8:0:0:0:0:0:1')).toBe('2001:db8::1');
  expect(canonicalIp('198.51.100.1')).toBe('198.51.100.1');
  expect(canonicalIp('fe80::1%eth0')).toBeNull();
  expect(canonicalIp('198.51.100.256')).toBeNull();
});

test.each([
  [isLoopback, ['127.0.0.1', '127.9.9.9', '::1'], ['128.0.0.1', '::', '::2']],
  [isWildcard, ['0.0.0.0', '::'], ['0.0.0.1', '::1']],
  [isMulticast, ['224.0.0.18', '239.1.1.1', 'ff02::12'], ['223.1.1.1', '240.0.0.1', 'fe80::1']],
  [isLinkLocal6, ['fe80::1', 'febf::1'], ['fec0::1', '2001:db8::1', '169.254.1.1']],
  [isIpv4Mapped, ['::ffff:1.2.3.4'], ['::1.2.3.4', '1.2.3.4', '::fffe:1.2.3.4']],
])('%o', (is, yes, no) => {
  expect(yes.map((text) => is(bytes(text)))).toEqual(yes.map(() => true));
  expect(no.map((text) => is(bytes(text)))).toEqual(no.map(() => false));
});

test.each([
  ['198.51.100.0', 24, 'zeros'],
  ['198.51.100.255', 24, 'ones'],
  ['198.51.100.127', 25, 'ones'],
  ['198.51.100.128', 25, 'zeros'],
  ['198.51.100.1', 24, 'mixed'],
  ['198.51.100.1', 32, 'none'],
  ['198.51.96.0', 20, 'zeros'],
  ['198.51.111.255', 20, 'ones'],
  ['2001:db8::', 64, 'zeros'],
  ['2001:db8::1', 64, 'mixed'],
])('%s/%i: %s', (address, prefixLength, expected) => {
  expect(hostBits(bytes(address), prefixLength)).toBe(expected);
});
