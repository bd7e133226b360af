import { expect, test } from 'vitest';
import { networkGate } from './admit.ts';

test.each([
  ['203.0.113.7', true],
  ['203.0.114.7', false],
  ['::ffff:203.0.113.7', true],
  ['2001:db8:1::5', true],
  ['2001:db8:2::5', false],
  ['127.0.0.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  [undefined, false],
])('of two networks, %s may connect: %s', (address, may) => {
  const gate = networkGate([
    { address: '203.0.113.0', prefixLength: 24 },
    { address: '2001:db8:1::', prefixLength: 48 },
  ]);
  expect(gate(address)).toBe(may);
});

test('without networks everybody may', () => {
  expect(networkGate(null)('198.51.100.1')).toBe(true);
});
