/** The variables that come out of a request's head, which is gone when the line is written. */
import type { VariableFamily } from '../../src/config/access-log-config.ts';
import { routingHost } from '../http1/authority.ts';
import { basicCredentials } from '../http1/basic-credentials.ts';
import type { RequestHead } from '../http1/head.ts';
import { findPair, visitField } from './head-fields.ts';
import type { LineWriter } from './line-writer.ts';
import { REDACTED, type Redaction } from './redaction.ts';

/** A request as it arrived. */
export interface ArrivedRequest {
  /** Valid during the call; null when it could not be read. */
  readonly head: RequestHead | null;
  /** What there is of a head that could not be read; valid during the call. */
  readonly unread: Buffer | null;
  readonly scheme: string;
  /** It came over HTTP/2, whatever its head has become. */
  readonly http2: boolean;
}

/** Writes one value. */
export type HeadWriter = (out: LineWriter, request: ArrivedRequest, redaction: Redaction) => void;

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const COMMA = Buffer.from(', ');
const SEPARATOR = Buffer.from('; ');
const BLANK = Buffer.from(' ');
const PROTOCOLS = [Buffer.from('HTTP/1.0'), Buffer.from('HTTP/1.1')] as const;
const HTTP2 = Buffer.from('HTTP/2.0');

/** A writer that has a head to write from. */
function ofHead(
  write: (out: LineWriter, head: RequestHead, redaction: Redaction) => void,
): HeadWriter {
  return (out, { head }, redaction) => {
    if (head === null) out.none();
    else write(out, head, redaction);
  };
}

/** The writers by variable. */
export const headVariables = {
  request: (out, { head, unread, http2 }, redaction) => {
    out.open();
    if (head !== null) requestLine(out, head, http2, redaction);
    else if (unread !== null) firstLine(out, unread, redaction);
    out.close();
  },
  request_method: ofHead((out, head) => out.text(head.method)),
  request_uri: ofHead((out, head, redaction) => {
    out.open();
    redaction.target(out, head.bytes, head.targetStart, head.targetEnd);
    out.close();
  }),
  uri: ofHead((out, head) => out.value(head.bytes, head.targetStart, head.pathEnd)),
  args: ofHead((out, head, redaction) => {
    if (head.pathEnd === head.targetEnd) {
      out.none();
      return;
    }
    out.open();
    redaction.query(out, head.bytes, head.pathEnd + 1, head.targetEnd);
    out.close();
  }),
  server_protocol: (out, { head, http2 }) => {
    const protocol = head === null ? null : protocolOf(head, http2);
    if (protocol === null) out.none();
    else out.value(protocol, 0, protocol.length);
  },
  scheme: (out, { scheme }) => out.text(scheme),
  host: ofHead((out, head) => {
    if (head.hostEnd === head.hostStart) out.none();
    else out.text(routingHost(head.bytes, head.hostStart, head.hostEnd));
  }),
  remote_user: ofHead((out, head) => {
    const user = basicCredentials(head)?.user ?? '';
    if (user === '') out.none();
    else out.value(Buffer.from(user, 'latin1'), 0, user.length);
  }),
} as const satisfies Readonly<Record<string, HeadWriter>>;

/** The writer of a variable with a name in it. */
export function familyWriter(family: VariableFamily, name: string, hidden: Redaction): HeadWriter {
  const bytes = Buffer.from(name, 'latin1');
  if (family === 'http_') return hidden.hidesField(name) ? hiddenField(bytes) : field(name, bytes);
  const conceal = hidden.hides(name);
  return ofHead((out, head) => {
    const found = family === 'cookie_' ? cookie(head, bytes) : argument(head, bytes);
    if (found === null) out.none();
    else if (conceal) out.value(REDACTED, 0, REDACTED.length);
    else out.value(head.bytes, found[0], found[1]);
  });
}

function field(name: string, bytes: Buffer): HeadWriter {
  const isCookie = name === 'cookie';
  const isUrl = name === 'referer';
  return ofHead((out, head, redaction) => {
    let values = 0;
    visitField(head, bytes, (start, end) => {
      const between = isCookie ? SEPARATOR : COMMA;
      if (values++ === 0) out.open();
      else out.piece(between, 0, between.length);
      if (isCookie) redaction.cookies(out, head.bytes, start, end);
      else if (isUrl) redaction.target(out, head.bytes, start, end);
      else out.piece(head.bytes, start, end);
    });
    if (values === 0) out.none();
    else out.close();
  });
}

/** That it was there is shown. */
function hiddenField(bytes: Buffer): HeadWriter {
  return ofHead((out, head) => {
    let values = 0;
    visitField(head, bytes, () => values++);
    if (values === 0) out.none();
    else out.value(REDACTED, 0, REDACTED.length);
  });
}

const COOKIE = Buffer.from('cookie');

function cookie(head: RequestHead, name: Buffer): readonly [number, number] | null {
  let found: readonly [number, number] | null = null;
  visitField(head, COOKIE, (start, end) => {
    found ??= findPair(head.bytes, start, end, SEMICOLON, name);
  });
  return found;
}

function argument(head: RequestHead, name: Buffer): readonly [number, number] | null {
  return findPair(head.bytes, head.pathEnd + 1, head.targetEnd, AMPERSAND, name);
}

/** As nginx writes it. */
function protocolOf(head: RequestHead, http2: boolean): Buffer {
  return http2 ? HTTP2 : PROTOCOLS[head.minor as 0 | 1];
}

function requestLine(
  out: LineWriter,
  head: RequestHead,
  http2: boolean,
  redaction: Redaction,
): void {
  const protocol = protocolOf(head, http2);
  out.pieceOf(head.method);
  out.piece(BLANK, 0, 1);
  redaction.target(out, head.bytes, head.targetStart, head.targetEnd);
  out.piece(BLANK, 0, 1);
  out.piece(protocol, 0, protocol.length);
}

/** What came instead of a request, up to its first line end. */
function firstLine(out: LineWriter, bytes: Buffer, redaction: Redaction): void {
  const lineEnd = bytes.indexOf(LINE_FEED);
  let end = lineEnd < 0 ? bytes.length : lineEnd;
  if (end > 0 && bytes[end - 1] === CARRIAGE_RETURN) end--;
  redaction.target(out, bytes, 0, end);
}
