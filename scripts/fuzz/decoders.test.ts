import { expect, test } from 'vitest';
import { fuzzDecoders } from './decoders.ts';
import { judge, judgeMessage, withChecksum } from './judge-vrrp.ts';
import { vrrp4 } from './samples.ts';

test('the decoders agree with judges that share no code with them', () => {
  expect(fuzzDecoders(1, 3_000)).toBeGreaterThan(3_000);
});

test('the judge knows real packets, and what is wrong with broken ones', () => {
  const [v2] = vrrp4;
  const heard = {
    family: 4 as const,
    message: v2,
    source: Uint8Array.of(198, 51, 100, 12),
    destination: Uint8Array.of(224, 0, 0, 18),
    hopLimit: 255,
  };
  expect(judgeMessage(heard)).toBe('sound');
  expect(judgeMessage({ ...heard, hopLimit: 1 })).toBe('ttl');
  expect(judgeMessage({ ...heard, message: v2.with(2, 1) })).toBe('checksum');
  const fixed = withChecksum({ ...heard, message: v2.with(2, 1) });
  expect(judgeMessage({ ...heard, message: fixed })).toBe('sound');
  const router = { vrid: 51, version: 2 as const, addresses: ['c6336464'] };
  expect(judge(heard, [router])).toBe('accepted');
  expect(judge(heard, [{ ...router, addresses: ['c6336465'] }])).toBe('refused');
  expect(judge(heard, [{ ...router, version: 3 }])).toBe('other-version');
  expect(judge(heard, [])).toBe('vrid');
});
