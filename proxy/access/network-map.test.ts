import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NetworkConfig } from '../../src/config/proxy-config.ts';
import { NetworkMap, networkSet } from './network-map.ts';

/** Few distinct bits, so that networks nest and meet. */
const ipv4 = fc
  .tuple(fc.constantFrom(0, 10, 203), fc.constantFrom(0, 1, 128, 255), fc.nat(3), fc.nat(255))
  .map((bytes) => bytes.join('.'));
const ipv6 = fc
  .tuple(fc.constantFrom('2001', 'fe80', '::'), fc.nat(3), fc.constantFrom('1', '8000', 'ffff'))
  .map(([first, second, last]) => (first === '::' ? `::${last}` : `${first}:${second}::${last}`));
const network: fc.Arbitrary<NetworkConfig> = fc.oneof(
  fc.record({ address: ipv4, prefixLength: fc.nat(32) }),
  fc.record({ address: ipv6, prefixLength: fc.nat(128) }),
);

function family(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

function holds({ address, prefixLength }: NetworkConfig, asked: string): boolean {
  const list = new BlockList();
  list.addSubnet(address, prefixLength, family(address));
  return family(address) === family(asked) && list.check(asked, family(asked));
}

describe('values by network', () => {
  it('are those of the longest prefix that holds the address', () => {
    fc.assert(
      fc.property(fc.array(network, { maxLength: 8 }), fc.oneof(ipv4, ipv6), (networks, asked) => {
        const map = new NetworkMap(networks.map((one, value) => ({ network: one, value })));
        const holding = networks.filter((one) => holds(one, asked));
        const longest = Math.max(...holding.map(({ prefixLength }) => prefixLength));
        const wanted = holding.findLast(({ prefixLength }) => prefixLength === longest);
        expect(map.find(asked)).toBe(wanted === undefined ? null : networks.lastIndexOf(wanted));
      }),
      { numRuns: 2000 },
    );
  });

  it('take IPv4 in IPv6 for IPv4, and nothing for an address', () => {
    const set = networkSet([{ address: '203.0.113.0', prefixLength: 24 }]);
    expect(set.find('::ffff:203.0.113.9')).toBe(true);
    expect(set.find('203.0.114.9')).toBeNull();
    expect(set.find('')).toBeNull();
    expect(set.find('somewhere')).toBeNull();
  });

  it('hold everything with a prefix of no bits, in its own family', () => {
    const set = networkSet([{ address: '0.0.0.0', prefixLength: 0 }]);
    expect([set.find('255.255.255.255'), set.find('0.0.0.0')]).toEqual([true, true]);
    expect(set.find('2001:db8::1')).toBeNull();
  });
});
