import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyMatches, readBody } from './check-body.ts';
import { CHECK_BODY_BYTES_MAX } from './limits.ts';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const PLAIN = 'HTTP/1.1 200 OK\r\n\r\n';
const withLength = (length: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;

const chunk = (text: string) => `${text.length.toString(16)};ext=1\r\n${text}\r\n`;

describe('readBody', () => {
  it('comes to the same however the bytes arrive, and decides no earlier than it must', () => {
    const piece = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), fc.boolean(), (pieces, chunked) => {
        const text = pieces.join('');
        const head = chunked ? CHUNKED : withLength(text.length);
        const rest = chunked ? `${pieces.map(chunk).join('')}0\r\n\r\n` : text;
        const enough = chunked ? rest.length - 2 : rest.length;
        for (let length = 0; length <= rest.length; length++) {
          const reading = readBody(head, rest.slice(0, length), false);
          expect(reading).toEqual(
            length < enough ? { kind: 'incomplete' } : { kind: 'body', text },
          );
        }
      }),
    );
  });

  it('never throws', () => {
    const noise = fc.string({ unit: fc.constantFrom('0', 'a', ';', '\r', '\n', 'g') });
    fc.assert(
      fc.property(noise, fc.boolean(), (rest, ended) => {
        for (const head of [CHUNKED, PLAIN]) readBody(head, rest, ended);
      }),
    );
  });

  it('takes a body without a length when the connection has ended', () => {
    expect(readBody(PLAIN, 'some', false)).toEqual({ kind: 'incomplete' });
    expect(readBody(PLAIN, 'some', true)).toEqual({ kind: 'body', text: 'some' });
  });

  it('refuses a body that was cut off, and what is no chunk', () => {
    const cut = { kind: 'malformed', error: 'closed in the middle of the body' };
    expect(readBody(withLength(9), 'some', true)).toEqual(cut);
    expect(readBody(CHUNKED, chunk('some'), true)).toEqual(cut);
    expect(readBody(CHUNKED, 'some\r\n', false)).toEqual({
      kind: 'malformed',
      error: 'malformed chunk',
    });
  });

  it('has none where there is none', () => {
    for (const status of ['204 No Content', '304 Not Modified']) {
      const reading = readBody(`HTTP/1.1 ${status}\r\nContent-Length: 9\r\n\r\n`, '', false);
      expect(reading).toEqual({ kind: 'body', text: '' });
    }
  });

  it('looks at a bounded beginning', () => {
    const long = 'x'.repeat(CHECK_BODY_BYTES_MAX + 1);
    const text = long.slice(1);
    for (const [head, rest] of [
      [PLAIN, long],
      [withLength(1e9), long],
      [CHUNKED, chunk(long)],
    ] as const) {
      expect(readBody(head, rest, false)).toEqual({ kind: 'body', text });
    }
    const tiny = '1\r\nx\r\n'.repeat(CHECK_BODY_BYTES_MAX);
    expect(readBody(CHUNKED, tiny, false).kind).toBe('body');
  });
});

describe('bodyMatches', () => {
  it('reads both sides as UTF-8', () => {
    const body = Buffer.from('{"state":"läuft"}').toString('latin1');
    expect(bodyMatches({ kind: 'contains', text: 'läuft' }, body)).toBe(true);
    expect(bodyMatches({ kind: 'contains', text: 'lauft' }, body)).toBe(false);
    expect(bodyMatches({ kind: 'matches', pattern: '"l.uft"\\}$' }, body)).toBe(true);
    expect(bodyMatches({ kind: 'matches', pattern: '^l' }, body)).toBe(false);
  });
});
