import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomIds } from './random-ids.ts';
import { formatTraceParent, parseTraceParent } from './traceparent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('traceparent', () => {
  it('is read and written', () => {
    const value = `00-${TRACE}-${PARENT}-01`;
    const parent = parseTraceParent(value);
    expect(parent).toEqual({ traceId: TRACE, parentId: PARENT, flags: '01' });
    expect(formatTraceParent(parent!)).toBe(value);
  });

  it.each([
    ['a later version is read as far as it is known', `cc-${TRACE}-${PARENT}-01-what-comes`, true],
    ['and may have nothing more', `01-${TRACE}-${PARENT}-01`, true],
    ['version 00 has nothing more', `00-${TRACE}-${PARENT}-01-x`, false],
    ['version ff is forbidden', `ff-${TRACE}-${PARENT}-01`, false],
    ['a trace of zeros is none', `00-${'0'.repeat(32)}-${PARENT}-01`, false],
    ['a parent of zeros is none', `00-${TRACE}-${'0'.repeat(16)}-01`, false],
    ['capitals are not allowed', `00-${TRACE.toUpperCase()}-${PARENT}-01`, false],
    ['more must be set off', `cc-${TRACE}-${PARENT}-01x`, false],
    ['nothing is none', '', false],
  ])('%s', (_, value, known) => {
    expect(parseTraceParent(value) !== null).toBe(known);
  });

  it('whatever comes, what is taken is written as version 00 and read again', () => {
    const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
    const near = fc.tuple(hex(2), hex(32), hex(16), hex(2)).map((parts) => parts.join('-'));
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (value) => {
        const parent = parseTraceParent(value);
        if (parent === null) return;
        const written = formatTraceParent(parent);
        expect(written).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
        expect(parseTraceParent(written)).toEqual(parent);
      }),
    );
  });
});

describe('random ids', () => {
  it('take their bytes from the source in order, and are never all zero', () => {
    let filled = 0;
    const ids = new RandomIds((bytes) => {
      bytes.fill(0);
      bytes[23] = 0x0a;
      filled++;
    });
    expect(ids.next(16)).toBe(`${'0'.repeat(14)}0a${'0'.repeat(16)}`);
    expect(filled).toBe(1);
  });

  it('go on with fresh bytes when a pool is used up', () => {
    let next = 0;
    const ids = new RandomIds((bytes) => bytes.fill(++next));
    for (let count = 0; count < 256; count++) expect(ids.next(16)).toBe('01'.repeat(16));
    expect(ids.next(8)).toBe('02'.repeat(8));
  });
});
