import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseCoding } from './accept-encoding.ts';

const OURS = ['zstd', 'br', 'gzip'] as const;

describe('the coding for a client', () => {
  it.each([
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip;q=1.0, br;q=0.5', 'gzip'],
    ['gzip ; q = 1 , br ; q=0.001', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['*', 'zstd'],
    ['*;q=0', null],
    ['zstd;q=0, *', 'br'],
    ['identity', null],
    ['identity, gzip;q=0.5', null],
    ['identity;q=0.5, gzip', 'gzip'],
    ['identity;q=0', null],
    ['gzip;q=2', null],
    ['gzip;q=-1', null],
    ['gzip;q=0.0001', null],
    ['gzip;q=', null],
    ['gzip;level=9', 'gzip'],
    ['deflate', null],
    [',,,', null],
    [';q=1', null],
  ])('%s: %s', (accepted, expected) => {
    expect(chooseCoding(accepted, OURS)).toBe(expected);
  });

  it('is one that the client does not refuse, whatever it says', () => {
    const weights = fc.constantFrom('', ';q=0', ';q=0.3', ';q=1', ';q=x', ' ; Q=0.5');
    const names = fc.constantFrom('gzip', 'br', 'zstd', '*', 'identity', 'deflate', '');
    const lists = fc.array(fc.tuple(names, weights), { maxLength: 8 });
    fc.assert(
      fc.property(lists, (list) => {
        const chosen = chooseCoding(list.map((pair) => pair.join('')).join(','), OURS);
        if (chosen === null) return;
        const last = list.filter(([name]) => name === chosen || name === '*');
        expect(last.some(([, weight]) => weight !== ';q=0' && weight !== ';q=x')).toBe(true);
      }),
    );
  });

  it('takes no longer for a long list', () => {
    expect(chooseCoding(`${'a,'.repeat(100_000)}gzip`, OURS)).toBeNull();
  });
});
