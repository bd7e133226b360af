import { expect, test } from 'vitest';
import { AbusiveSources } from './abusive-sources.ts';
import { ABUSIVE_SOURCES_MAX, SUSPICION_MS } from './limits.ts';

test.each([
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['2001:db8::1', '2001:db8:0:0:ffff::9', true],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::', true],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:3::', false],
  ['::1', '::2', true],
])('%s sent away: is %s known? %s', (one, other, known) => {
  const sources = new AbusiveSources();
  sources.add(one, 0);
  expect(sources.has(other, 1)).toBe(known);
});

test('sources are forgotten with time, and the oldest for room', () => {
  const sources = new AbusiveSources();
  sources.add('192.0.2.1', 0);
  expect(sources.has('192.0.2.1', SUSPICION_MS - 1)).toBe(true);
  expect(sources.has('192.0.2.1', SUSPICION_MS)).toBe(false);
  for (let index = 0; index < ABUSIVE_SOURCES_MAX; index++) {
    sources.add(`198.51.${index >> 8}.${index & 255}`, 1);
  }
  expect(sources.has('192.0.2.1', 1)).toBe(false);
  expect(sources.has('198.51.0.0', 1)).toBe(true);
});
