import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearRegExp, linearRegExpProblem, PATTERN_CHARS_MAX } from './linear-regexp.ts';

describe('linearRegExp', () => {
  it('matches as the ordinary engine does', () => {
    const pieces = ['a', 'b', '.', 'a*', '(a|b)', '[^a]', 'b+?', '^', '$', '\\d', 'a{2,3}'];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces), { maxLength: 6 }),
        fc.string({ unit: fc.constantFrom('a', 'b', '1', '\n'), maxLength: 12 }),
        (parts, text) => {
          const pattern = parts.join('');
          expect(linearRegExp(pattern).test(text)).toBe(new RegExp(pattern, 's').test(text));
        },
      ),
    );
  });

  it('is through with what would keep the ordinary engine busy for ever', () => {
    expect(linearRegExp('^(a*)*b').test('a'.repeat(64 * 1024))).toBe(false);
  });

  it.each([
    ['(a)\\1', 'no look-around, no back references, no number of repetitions over 16'],
    ['(?=a)', 'no look-around, no back references, no number of repetitions over 16'],
    ['a{17}', 'no look-around, no back references, no number of repetitions over 16'],
    ['(a', 'Unterminated group'],
    ['a'.repeat(PATTERN_CHARS_MAX + 1), 'longer than 256 characters'],
    ['"status":\\s*"up"', null],
  ])('%s: %s', (pattern, problem) => {
    expect(linearRegExpProblem(pattern)).toBe(problem);
  });
});
