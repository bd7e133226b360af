import { expect, test } from 'vitest';
import { counterHelp } from './mib-names.ts';

test('a counter that the MIB has is told by its name there', () => {
  expect(counterHelp('ipTtlErrors')).toBe('vrrpv3StatisticsIpTtlErrors of the VRRP MIB.');
  expect(counterHelp('hmacReplayed')).toBe('Counter of the VRRP agent.');
});
