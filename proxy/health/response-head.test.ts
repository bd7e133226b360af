import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHECK_HEAD_BYTES_MAX } from './limits.ts';
import { type HeadReading, readResponseHead } from './response-head.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('readResponseHead', () => {
  it.each([
    [OK, 200],
    ['HTTP/1.0 503 Service Unavailable\r\n\r\n', 503],
    ['HTTP/1.1 204\r\n\r\n', 204],
    ['HTTP/1.1 204 \r\n\r\n', 204],
    ['HTTP/1.1 404 Nicht gefunden \xfc\r\n\r\n', 404],
    [`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}`, 200],
    ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 101],
  ])('%j has status %i', (text, status) => {
    expect(readResponseHead(text)).toMatchObject({ kind: 'status', status });
  });

  it.each([
    'SSH-2.0-OpenSSH_9.2\r\n',
    'HTTP/2 200\r\n\r\n',
    'http/1.1 200 OK\r\n\r\n',
    'HTTP/1.2 200 OK\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.1 2000 OK\r\n\r\n',
    'HTTP/1.1 200OK\r\n\r\n',
    'HTTP/1.1  200 OK\r\n\r\n',
    'HTTP/1.1 600 Odd\r\n\r\n',
    'HTTP/1.1 099 Odd\r\n\r\n',
    'HTTP/1.1 200 O\0K\r\n\r\n',
    'HTTP/1.1 200 O\rK\r\n\r\n',
    ' HTTP/1.1 200 OK\r\n\r\n',
    '\r\nHTTP/1.1 200 OK\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\ngarbage',
  ])('%j is malformed', (text) => {
    expect(readResponseHead(text)).toMatchObject({ kind: 'malformed' });
  });

  it('takes no line ends but CRLF', () => {
    expect(readResponseHead('HTTP/1.1 200 OK\nA: b\n\n')).toEqual({ kind: 'incomplete' });
  });

  it('is bounded, interim responses included', () => {
    const long = `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(CHECK_HEAD_BYTES_MAX)}`;
    expect(readResponseHead(long)).toMatchObject({ kind: 'malformed' });
    expect(readResponseHead(`${long}\r\n\r\n`)).toMatchObject({ kind: 'malformed' });
    const interim = 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(CHECK_HEAD_BYTES_MAX / 20);
    expect(readResponseHead(interim)).toMatchObject({ kind: 'malformed' });
  });

  it('names what came in a short printable form', () => {
    const text = `\x1b[2J\0${'y'.repeat(100)}\r\n`;
    const { error } = readResponseHead(text) as Extract<HeadReading, { kind: 'malformed' }>;
    expect(error).toMatch(/^not an HTTP\/1 response: "\\u001b\[2J\\u0000y+"$/);
    expect(error.length).toBeLessThan(100);
  });

  it('comes to the same at any split, and decides no earlier than it must', () => {
    const body = fc.string({ maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), body, (status, rest) => {
        const head = `HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 ${status} Reason\r\nA: b\r\n\r\n`;
        const text = head + rest;
        for (let length = 0; length <= text.length; length++) {
          const complete = { kind: 'status', status, start: 28, end: head.length };
          expect(readResponseHead(text.slice(0, length))).toEqual(
            length < head.length ? { kind: 'incomplete' } : complete,
          );
        }
      }),
      { numRuns: 30 },
    );
  });

  it('never throws, and never takes back a refusal when more arrives', () => {
    const noise = fc
      .uint8Array({ maxLength: 60 })
      .map((bytes) => Buffer.from(bytes).toString('latin1'));
    const lines = fc.constantFrom(
      'HTTP/1.1 ',
      '200',
      ' OK',
      '\r\n',
      '\r\n\r\n',
      ' ',
      'A: b',
      '100',
    );
    const text = fc.array(fc.oneof(lines, noise), { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (first, more) => {
        const reading = readResponseHead(first);
        if (reading.kind === 'malformed') {
          expect(readResponseHead(first + more).kind).toBe('malformed');
        } else if (reading.kind === 'status') {
          expect(readResponseHead(first + more)).toEqual(reading);
        }
      }),
    );
  });
});
