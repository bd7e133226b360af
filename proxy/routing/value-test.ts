/** Tests of single values, compiled: bytes are compared where they stand. */

import type { ValueTest } from '../../src/config/routing-config.ts';
import { linearRegExp } from '../../src/os/linear-regexp.ts';

/** Does the value in bytes [start, end) pass? */
export type ByteTest = (bytes: Buffer, start: number, end: number) => boolean;

/** A pattern for the whole of a text, in linear time. Throws SyntaxError for what is none. */
export function wholePattern(pattern: string): RegExp {
  return linearRegExp(`^(?:${pattern})$`);
}

/** Passes when one of the tests does; without any, whatever the value is. */
export function byteTest(tests: readonly ValueTest[]): ByteTest {
  const [first, ...others] = tests.map(oneTest);
  if (first === undefined) return () => true;
  if (others.length === 0) return first;
  const all = [first, ...others];
  return (bytes, start, end) => all.some((test) => test(bytes, start, end));
}

function oneTest(test: ValueTest): ByteTest {
  if (test.kind === 'regex') {
    const pattern = wholePattern(test.pattern);
    return (bytes, start, end) => pattern.test(bytes.toString('latin1', start, end));
  }
  const wanted = Buffer.from(test.value, 'latin1');
  const exact = test.kind === 'exact';
  return (bytes, start, end) => {
    const length = end - start;
    if (exact ? length !== wanted.length : length < wanted.length) return false;
    for (let index = 0; index < wanted.length; index++) {
      if (bytes[start + index] !== wanted[index]) return false;
    }
    return true;
  };
}
