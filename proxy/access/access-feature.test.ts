import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessList } from '../../src/config/access-config.ts';
import { AccessRules } from './access-feature.ts';
import { networkSet } from './network-map.ts';

const office = { address: '203.0.113.0', prefixLength: 24 };
const printer = { address: '203.0.113.7', prefixLength: 32 };
const six = { address: '2001:db8::', prefixLength: 32 };

describe('a list of networks', () => {
  it('lets everybody pass whom no rule is about', () => {
    const rules = new AccessRules([{ allow: false, networks: [office] }]);
    expect([rules.admits('203.0.113.7'), rules.admits('192.0.2.1'), rules.admits('')]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('counts the first rule only', () => {
    const list = [
      { allow: false, networks: [printer] },
      { allow: true, networks: [office] },
      { allow: false, networks: [] },
    ];
    const rules = new AccessRules(list);
    const addresses = ['203.0.113.7', '203.0.113.8', '192.0.2.1', '2001:db8::1', ''];
    expect(addresses.map((address) => rules.admits(address))).toEqual([
      false,
      true,
      false,
      false,
      false,
    ]);
  });

  it('means the same however its rules are put together', () => {
    const rule = fc.record({
      allow: fc.boolean(),
      networks: fc.subarray([office, printer, six]),
    });
    const address = fc.constantFrom('203.0.113.7', '203.0.113.9', '2001:db8::1', '192.0.2.1');
    fc.assert(
      fc.property(fc.array(rule), address, (list: AccessList, asked) => {
        const first = list.find(
          ({ networks }) => networks.length === 0 || networkSet(networks).find(asked) !== null,
        );
        expect(new AccessRules(list).admits(asked)).toBe(first?.allow ?? true);
      }),
    );
  });
});
