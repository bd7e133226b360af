import { expect, it } from 'vitest';
import { linkLocalIn } from './own-link-local.ts';

const TEXT = `fe800000000000000000000000000100 02 40 20 a0     eth0
20010db8000000000000000000000001 02 40 00 80     eth0
fe80000000000000000000fffe000003 11 40 20 c0 bond0.100
fe80000000000000000000fffe000001 02 40 20 80     eth0
00000000000000000000000000000001 01 80 10 80       lo
`;

it('is the one of the interface that is in use, and no virtual one', () => {
  expect(linkLocalIn(TEXT, 2)).toBe('fe80::ff:fe00:1');
  // Duplicate address detection is not over.
  expect(linkLocalIn(TEXT, 17)).toBeNull();
  expect(linkLocalIn(TEXT, 1)).toBeNull();
  expect(linkLocalIn('', 2)).toBeNull();
  expect(linkLocalIn('not what it should be\n', 2)).toBeNull();
});
