import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LIST_MEMBERS_MAX } from '../limits.ts';
import { INCOMPLETE, REFUSED, RequestHead } from './head.ts';
import { listMembers } from './list-members.ts';
import { parseRequest } from './parse-request.ts';

const LIMITS = { requestLineMax: 200, headBytesMax: 48 * 1024, headerCountMax: 100 };

function parse(fields: string): { readonly head: RequestHead; readonly result: number } {
  const head = new RequestHead(LIMITS.headerCountMax);
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\n${fields}\r\n\r\n`, 'latin1');
  return { head, result: parseRequest(head, bytes, 0, bytes.length, LIMITS) };
}

it('splits as the definition says, blanks and empty members included', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'B', ',', ' ', '\t', '\u00a0') });
  fc.assert(
    fc.property(text, (value) => {
      const trimmed = value.replace(/^[ \t]+|[ \t]+$/g, '');
      const expected = trimmed.toLowerCase().split(/[ \t]*,[ \t]*/);
      expect(listMembers(value)).toEqual(expected.slice(0, LIST_MEMBERS_MAX + 1));
    }),
  );
});

// What is not linear takes seconds for one of these heads, and the test its timeout.
it.each([
  ['Connection', `a${' '.repeat(45_000)}b`],
  ['TE', `a${' '.repeat(45_000)}b`],
  ['Transfer-Encoding', `a${' '.repeat(45_000)}b`],
  ['Via', `a${' '.repeat(45_000)}b`],
  ['Via', ','.repeat(45_000)],
  ['TE', ','.repeat(45_000)],
])('a head full of %s is read in no time', (name, value) => {
  for (let time = 0; time < 20; time++) {
    expect(parse(`${name}: ${value}`).result).not.toBe(INCOMPLETE);
  }
});

it('a Connection of more members than are looked at is refused: what it hides could matter', () => {
  const names = Array.from({ length: LIST_MEMBERS_MAX }, (_, index) => `x-${index}`);
  const fit = parse(`Connection: ${names.join(', ')}`);
  expect(fit.result).toBeGreaterThan(0);
  expect(fit.head.connectionNames).toEqual(names);
  const { head, result } = parse(`Connection: ${names.join(', ')}\r\nConnection: close`);
  expect(result).toBe(REFUSED);
  expect(head.error).toBe('bad_connection');
});
