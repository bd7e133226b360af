import { expect, test } from 'vitest';
import { closest, didYouMean } from './suggest.ts';

const keys = ['address', 'addresses', 'advert_interval', 'interface', 'priority', 'vrid'];

test.each([
  ['adress', 'address'],
  ['adresses', 'addresses'],
  ['advert_intervall', 'advert_interval'],
  ['PRIORITY', 'priority'],
  ['vird', 'vrid'],
  ['vrd', 'vrid'],
  ['interfaces', 'interface'],
])('%s means %s', (typed, meant) => {
  expect(closest(typed, keys)).toBe(meant);
});

test('what is far from everything has no suggestion', () => {
  expect(closest('preempt', keys)).toBeNull();
  expect(closest('x', keys)).toBeNull();
  expect(didYouMean('preempt', keys)).toBe('');
});

test('of two that are equally close neither is suggested, unless a third is closer', () => {
  expect(closest('edge-c', ['edge-a', 'edge-b'])).toBeNull();
  expect(closest('edge-c', ['edge-a', 'edge-b', 'edge-C'])).toBe('edge-C');
});

test('the sentence an operator reads', () => {
  expect(didYouMean('adress', keys)).toBe(' (did you mean "address"?)');
});
