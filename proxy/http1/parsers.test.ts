import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyDecoder } from './body-decoder.ts';
import { composeRequest, composeResponse, requestRoom, responseRoom } from './compose-head.ts';
import { Field, knownField } from './fields.ts';
import { BodyKind, INCOMPLETE, REFUSED, RequestHead, ResponseHead } from './head.ts';
import {
  chunkedBody,
  cuts,
  damaged,
  requestHead,
  responseHead,
  split,
} from './messages.fixture.ts';
import { parseRequest } from './parse-request.ts';
import { parseResponse } from './parse-response.ts';
import { PartialHead } from './partial-head.ts';

const [VIA_10, VIA_11, VIA_20] = ['1.0', '1.1', '2.0'].map((version) =>
  Buffer.from(`Via: ${version} tandem\r\n`),
);
const VIA = [VIA_10!, VIA_11!, VIA_20!] as const;
const DATE = Buffer.from('Date: Sat, 21 Nov 2026 08:00:00 GMT\r\n');
const LIMITS = { requestLineMax: 200, headBytesMax: 400, headerCountMax: 6 };
const HEAD_OFFSET = 7;

const anyBytes = fc.uint8Array({ maxLength: 500 }).map((b) => Buffer.from(b).toString('latin1'));
const requests = fc.oneof(requestHead, damaged(requestHead), anyBytes);
const responses = fc.oneof(responseHead, damaged(responseHead), anyBytes);

interface Outcome {
  /** Bytes of the head, or REFUSED. */
  readonly result: number;
  readonly view: unknown;
}

/** Bytes after which every head is complete or refused. */
const ENDING = Buffer.from(`\r\n\r\n${'x'.repeat(LIMITS.headBytesMax)}`);

/** Feeds pieces as a connection does, until there is a result. */
function feed(
  pieces: readonly Buffer[],
  parse: (bytes: Buffer, start: number, end: number) => number,
  view: () => unknown,
): Outcome {
  const partial = new PartialHead(LIMITS.headBytesMax);
  for (const piece of [...pieces, ENDING]) {
    // Bytes before and after are not the parser's business.
    const room = Buffer.alloc(piece.length + 2 * HEAD_OFFSET, '\n');
    piece.copy(room, HEAD_OFFSET);
    let bytes: Buffer = room;
    let start = HEAD_OFFSET;
    let end = HEAD_OFFSET + piece.length;
    if (partial.length > 0) {
      if (!partial.add(bytes, start, end)) continue;
      bytes = partial.bytes;
      start = 0;
      end = partial.length;
    }
    const result = parse(bytes, start, end);
    if (result === REFUSED) return { result, view: view() };
    if (result !== INCOMPLETE) return { result: result - start, view: view() };
    partial.keep(bytes, start, end);
  }
  throw new Error('neither complete nor refused');
}

function feedRequest(pieces: readonly Buffer[]): Outcome {
  const head = new RequestHead(LIMITS.headerCountMax);
  return feed(
    pieces,
    (bytes, start, end) => parseRequest(head, bytes, start, end, LIMITS),
    () => ({ error: head.error, kind: head.bodyKind, keepAlive: head.keepAlive }),
  );
}

function feedResponse(pieces: readonly Buffer[]): Outcome {
  const head = new ResponseHead(LIMITS.headerCountMax);
  return feed(
    pieces,
    (bytes, start, end) => parseResponse(head, bytes, start, end, LIMITS, false),
    () => ({ status: head.status, kind: head.bodyKind, keepAlive: head.keepAlive }),
  );
}

describe('a head', () => {
  it('means the same however its bytes arrive', () => {
    fc.assert(
      fc.property(requests, cuts, (text, positions) => {
        const whole = feedRequest(split(text, []));
        expect(feedRequest(split(text, positions))).toEqual(whole);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(responses, cuts, (text, positions) => {
        const whole = feedResponse(split(text, []));
        expect(feedResponse(split(text, positions))).toEqual(whole);
      }),
      { numRuns: 2000 },
    );
  });

  it('means the same byte by byte', () => {
    fc.assert(
      fc.property(requests, (text) => {
        const bytes = split(
          text,
          [...text].map((_, at) => at),
        );
        expect(feedRequest(bytes)).toEqual(feedRequest(split(text, [])));
      }),
      { numRuns: 200 },
    );
  });
});

/** The head as it would go to a server. */
function forwarded(text: string): string | null {
  const head = new RequestHead(LIMITS.headerCountMax);
  const bytes = Buffer.from(text, 'latin1');
  if (parseRequest(head, bytes, 0, bytes.length, LIMITS) <= 0) return null;
  const additions = {
    method: null,
    path: null,
    wholeTarget: false,
    host: null,
    contentLength: null,
    defaultHost: Buffer.from('default'),
    about: Buffer.from('X-Forwarded-For: 192.0.2.1\r\n'),
    hosts: [{ before: Buffer.from('X-Forwarded-Host: '), after: Buffer.from('\r\n') }],
    without: ['x-a'],
    via: VIA,
    lines: Buffer.from('X-Request-Id: 1\r\n'),
  };
  const out = Buffer.alloc(requestRoom(head, additions));
  return out.toString('latin1', 0, composeRequest(head, additions, out, 0));
}

const LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: ([!-~\x80-\xff]([ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?$/;

describe('a forwarded request head', () => {
  it.each(['0', '00', '000000'])('has the length 0 as one digit, not as %s', (length) => {
    const text = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
    expect(forwarded(text)).toContain('\r\nContent-Length: 0\r\n');
  });

  it('is canonical, whatever came', () => {
    let accepted = 0;
    fc.assert(
      fc.property(requests, (text) => {
        const result = forwarded(text);
        if (result === null) return;
        accepted++;
        const [requestLine, ...lines] = result.slice(0, -4).split('\r\n');
        expect(result.endsWith('\r\n\r\n')).toBe(true);
        expect(requestLine).toMatch(/^[^ ]+ [!-~]* HTTP\/1\.1$/);
        for (const line of lines) expect(line).toMatch(LINE);
        const names = lines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
        const count = (wanted: string) => names.filter((one) => one === wanted).length;
        expect(count('host')).toBe(1);
        expect(count('content-length') + count('transfer-encoding')).toBeLessThanOrEqual(1);
        expect(count('x-forwarded-for')).toBe(1);
        expect(names.some((one) => one.includes('_'))).toBe(false);
        expect(lines.filter((line) => /^te:/i.test(line) && line !== 'TE: trailers')).toEqual([]);
        for (const hop of ['keep-alive', 'trailer', 'proxy-connection']) {
          expect(count(hop)).toBe(0);
        }
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(300);
  });

  it('is understood by our own parser as it was meant', () => {
    const once = new RequestHead(LIMITS.headerCountMax);
    const twice = new RequestHead(30);
    fc.assert(
      fc.property(requestHead, (text) => {
        const bytes = Buffer.from(text, 'latin1');
        if (parseRequest(once, bytes, 0, bytes.length, LIMITS) <= 0) return;
        const meant = { kind: once.bodyKind, length: once.contentLength, method: once.method };
        const result = Buffer.from(forwarded(text)!, 'latin1');
        const limits = { requestLineMax: 1000, headBytesMax: 2000, headerCountMax: 30 };
        expect(parseRequest(twice, result, 0, result.length, limits)).toBe(result.length);
        expect({
          kind: twice.bodyKind,
          length: twice.contentLength,
          method: twice.method,
        }).toEqual(meant);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a forwarded response head', () => {
  it('is canonical, and fits into the room it was said to take', () => {
    const head = new ResponseHead(LIMITS.headerCountMax);
    fc.assert(
      fc.property(responses, fc.boolean(), (text, chunked) => {
        const bytes = Buffer.from(text, 'latin1');
        if (parseResponse(head, bytes, 0, bytes.length, LIMITS, false) <= 0) return;
        const lines = Buffer.from('X-Request-Id: 1\r\n');
        const form = {
          chunked,
          trailers: chunked,
          date: DATE,
          connection: 'upgrade' as const,
          lines,
          without: [],
          hidden: 0,
          length: -1,
          via: VIA,
        };
        const room = responseRoom(head, form);
        const out = Buffer.alloc(room + 100, 0xff);
        const end = composeResponse(head, form, out, 0);
        expect(end).toBeLessThanOrEqual(room);
        const [statusLine, ...fields] = out.toString('latin1', 0, end - 4).split('\r\n');
        expect(statusLine).toMatch(/^HTTP\/1\.1 \d{3} [\t -~\x80-\xff]*$/);
        for (const line of fields) expect(line).toMatch(LINE);
        const lengths = fields.filter((line) => /^content-length:/i.test(line)).length;
        expect(lengths).toBeLessThanOrEqual(1);
      }),
      { numRuns: 3000 },
    );
  });
});

/** Decodes pieces of a body; null when it is malformed. */
function decode(pieces: readonly Buffer[], kind: BodyKind, length: number) {
  const decoder = new BodyDecoder();
  decoder.begin(kind, length);
  let content = '';
  let consumed = 0;
  for (const piece of pieces) {
    let at = 0;
    while (at < piece.length && !decoder.done) {
      const next = decoder.step(piece, at, piece.length);
      if (next < 0) return null;
      content += piece.toString('latin1', decoder.dataStart, decoder.dataEnd);
      consumed += next - at;
      at = next;
    }
  }
  return { content, consumed, done: decoder.done };
}

describe('a body', () => {
  it('in chunks is its content, however the bytes arrive, and what follows is left alone', () => {
    fc.assert(
      fc.property(chunkedBody, cuts, ({ text, content }, positions) => {
        const result = decode(split(`${text}GET / HTTP`, positions), BodyKind.chunked, 0);
        expect(result).toEqual({ content, consumed: text.length, done: true });
      }),
      { numRuns: 1000 },
    );
  });

  it('in damaged chunks is the same however the bytes arrive', () => {
    const bodies = damaged(chunkedBody.map(({ text }) => text));
    fc.assert(
      fc.property(fc.oneof(bodies, anyBytes), cuts, (text, positions) => {
        const whole = decode(split(text, []), BodyKind.chunked, 0);
        expect(decode(split(text, positions), BodyKind.chunked, 0)).toEqual(whole);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a sign', '+1\r\na\r\n'],
    ['a prefix', '0x1\r\na\r\n'],
    ['a leading space', ' 1\r\na\r\n'],
    ['a trailing space', '1 \r\na\r\n'],
    ['no size', '\r\na\r\n'],
    ['a size beyond 2^53', 'fffffffffffffff\r\n'],
    ['too many digits', '00000000000000001\r\na\r\n'],
    ['a bare LF after the size', '1\na\r\n'],
    ['a bare LF after the data', '1\r\na\n'],
    ['too much data', '1\r\nab\r\n'],
    ['a bare CR in an extension', '1;a\rb\r\n'],
    ['NUL in an extension', '1;\0\r\na\r\n'],
    ['endless extensions', `1;${'a'.repeat(5000)}`],
    ['a trailer without a colon', '0\r\nabc\r\n\r\n'],
    ['a folded trailer', '0\r\na: b\r\n c\r\n\r\n'],
    ['endless trailers', `0\r\n${'a: b\r\n'.repeat(2000)}`],
    ['an end that is none', '0\r\n\rx'],
  ])('in chunks is refused for %s', (_, text) => {
    expect(decode([Buffer.from(text, 'latin1')], BodyKind.chunked, 0)).toBeNull();
  });

  it('of a length ends there; one that ends with the connection does not', () => {
    expect(decode([Buffer.from('abc'), Buffer.from('defg')], BodyKind.length, 5)).toEqual({
      content: 'abcde',
      consumed: 5,
      done: true,
    });
    const open = decode([Buffer.from('abc')], BodyKind.untilClose, 0);
    expect(open).toEqual({ content: 'abc', consumed: 3, done: false });
  });
});

describe('known fields', () => {
  it('are known in any case, and nothing else is', () => {
    const fieldOf = (text: string) => {
      const bytes = Buffer.from(text);
      return knownField(bytes, 0, bytes.length);
    };
    expect(fieldOf('HOST')).toBe(Field.host);
    expect(fieldOf('transfer-Encoding')).toBe(Field.transferEncoding);
    expect(fieldOf('sEt-cOOkie')).toBe(Field.setCookie);
    const known =
      /^(host|te|via|cookie|upgrade|expect|trailer|forwarded|authorization|connection)$/i;
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z-]{1,20}$/), (text) => {
        if (fieldOf(text) !== Field.other) expect(text).toMatch(known);
      }),
      { numRuns: 5000 },
    );
  });
});
