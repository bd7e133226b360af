/**
 * Writes heads in their one canonical form. What may pass is copied from the head that came, in as
 * few slices as possible: a slice ends only where a field has to be left out or rewritten.
 */

import { LENGTH_KEPT } from '../features/response-edit.ts';
import { COLON, DASH, SP, TOKEN_LOWER, UNDERSCORE } from './characters.ts';
import { copy, copyAll, lineEnd } from './copy-bytes.ts';
import { NO_LINES } from './extra-lines.ts';
import { CLIENT_IDENTITY, Field, fieldSet, HOP_BY_HOP } from './fields.ts';
import {
  BodyKind,
  DROPPED,
  FIELD_MASK,
  FIELD_STRIDE,
  IRREGULAR,
  type MessageHead,
  NO_NAMES,
  type RequestHead,
  type ResponseHead,
} from './head.ts';

/** Bytes we add to a head at most, those of the arguments excluded. */
const ADDED_BYTES_MAX = 384;

/** `HTTP/1.1 200`, a status line that ends where its reason should begin. */
const BARE_STATUS_LENGTH = 12;

const LEFT_OUT_OF_REQUESTS =
  HOP_BY_HOP | CLIENT_IDENTITY | fieldSet(Field.host, Field.proxyAuthorization);
const LEFT_OUT_OF_RESPONSES = HOP_BY_HOP;
const LEFT_OUT_BEFORE_TRAILERS = HOP_BY_HOP & ~fieldSet(Field.trailer);

const REQUEST_VERSION = Buffer.from(' HTTP/1.1\r\nHost: ');
const RESPONSE_VERSION = Buffer.from('HTTP/1.1');
const CONTENT_LENGTH = Buffer.from('Content-Length: ');
const CHUNKED = Buffer.from('Transfer-Encoding: chunked\r\n');
const UPGRADE = Buffer.from('Connection: Upgrade\r\nUpgrade: ');
const TRAILERS = Buffer.from('Connection: TE\r\nTE: trailers\r\n');
const NO_CONTENT = Buffer.from('Content-Length: 0\r\n');
const CLOSE = Buffer.from('Connection: close\r\n');
const KEEP_ALIVE = Buffer.from('Connection: keep-alive\r\n');

/** The `Via` lines for messages of HTTP/1.0, 1.1 and 2. */
export type ViaLines = readonly [Buffer, Buffer, Buffer];

/** The one for an answer. */
export function viaOf(lines: ViaLines, { http2, minor }: ResponseHead): Buffer {
  return lines[http2 ? 2 : (minor as 0 | 1)];
}

/** A line that has the host of the request in it. */
export interface HostLine {
  readonly before: Buffer;
  /** Ends the line. */
  readonly after: Buffer;
}

/** What a forwarded request says beside what came. */
export interface RequestAdditions {
  /** Replaces the method; null forwards the one that came. */
  readonly method: string | null;
  /** Replaces the path; null forwards the bytes that came. */
  readonly path: Buffer | null;
  /** `path` has the query in it, which replaces the one that came. */
  readonly wholeTarget: boolean;
  /** Replaces the authority; null forwards the client's. */
  readonly host: Buffer | null;
  /** The authority when the client named none. */
  readonly defaultHost: Buffer;
  /** Of the body, which came in chunks and goes without; null: it goes as it came. */
  readonly contentLength: number | null;
  /** Whole lines about the client. */
  readonly about: Buffer;
  /** Lines about the client that have the host in them. */
  readonly hosts: readonly HostLine[];
  /** Fields that are not forwarded, lower case. */
  readonly without: readonly string[];
  readonly via: ViaLines;
  /** Other whole lines. */
  lines: Buffer;
}

/** Room that `composeRequest` takes at most. */
export function requestRoom(head: RequestHead, additions: RequestAdditions): number {
  const { path, defaultHost, about, hosts, lines } = additions;
  const named = Math.max(head.hostEnd - head.hostStart, defaultHost.length);
  const host = Math.max(named, additions.host?.length ?? 0);
  const texts = (path === null ? 0 : path.length) + about.length + lines.length;
  let added = host + texts + ADDED_BYTES_MAX;
  for (const { before, after } of hosts) added += before.length + host + after.length;
  // Rewriting an irregular line adds at most one byte to it.
  return head.end - head.lineStart + head.fieldCount + head.upgrade.length + added;
}

/** Room that `composeResponse` takes at most. */
export function responseRoom(head: ResponseHead, form: ResponseForm): number {
  const added = form.lines.length + head.upgrade.length + ADDED_BYTES_MAX;
  return head.end - head.lineStart + head.fieldCount + added;
}

/** Writes the request head for the server at `at`; returns where it ends. */
export function composeRequest(
  head: RequestHead,
  additions: RequestAdditions,
  out: Buffer,
  start: number,
): number {
  const { bytes } = head;
  const { path, defaultHost, about, hosts } = additions;
  let at = requestLine(head, additions, path, out, start);
  at = copyAll(REQUEST_VERSION, out, at);
  const named = head.hostEnd > head.hostStart;
  const host = named ? bytes : defaultHost;
  const hostStart = named ? head.hostStart : 0;
  const hostEnd = named ? head.hostEnd : defaultHost.length;
  if (additions.host === null) at = copy(host, hostStart, hostEnd, out, at);
  else at = copyAll(additions.host, out, at);
  at = lineEnd(out, at);
  at = copyFields(head, head.fieldsStart, leftOutOf(head), additions.without, out, at);
  if (head.bodyKind === BodyKind.chunked) {
    const { contentLength: whole } = additions;
    at = whole === null ? copyAll(CHUNKED, out, at) : contentLength(whole, out, at);
  }
  if (head.hopsLeft > 0) {
    at += out.write(`Max-Forwards: ${head.hopsLeft - 1}\r\n`, at, 'latin1');
  }
  if (head.upgrade !== '') at = upgradeLines(head.upgrade, out, at);
  else if (head.trailersWanted) at = copyAll(TRAILERS, out, at);
  at = copyAll(about, out, at);
  at = copyAll(additions.lines, out, at);
  for (const { before, after } of hosts) {
    at = copyAll(before, out, at);
    at = copy(host, hostStart, hostEnd, out, at);
    at = copyAll(after, out, at);
  }
  at = copyAll(additions.via[head.minor as 0 | 1], out, at);
  return lineEnd(out, at);
}

/** Method and target. */
function requestLine(
  head: RequestHead,
  additions: RequestAdditions,
  path: Buffer | null,
  out: Buffer,
  start: number,
): number {
  const { bytes } = head;
  const method = head.lineStart + head.method.length + 1;
  let at = start;
  if (additions.method === null) at = copy(bytes, head.lineStart, method, out, at);
  else at += out.write(`${additions.method} `, at, 'latin1');
  if (path === null) return copy(bytes, head.targetStart, head.targetEnd, out, at);
  at = copyAll(path, out, at);
  return additions.wholeTarget ? at : copy(bytes, head.pathEnd, head.targetEnd, out, at);
}

/** Known fields that do not go to the server, or not as they came. */
function leftOutOf(head: RequestHead): number {
  let fields = LEFT_OUT_OF_REQUESTS;
  if (!head.expectContinue) fields |= 1 << Field.expect;
  if (head.hopsLeft >= 0) fields |= 1 << Field.maxForwards;
  return fields;
}

/** How the response to the client is framed and what it says about the connection. */
export interface ResponseForm {
  readonly chunked: boolean;
  /** Trailer fields may follow the content, so `Trailer` means something. */
  readonly trailers: boolean;
  /** The `Date` line for a response that has none (RFC 9110 6.6.1); null leaves it as it is. */
  readonly date: Buffer | null;
  /** Null: we made it ourselves. */
  readonly via: ViaLines | null;
  readonly connection: 'close' | 'keep-alive' | 'upgrade' | 'unsaid';
  /** Whole lines to add. */
  readonly lines: Buffer;
  /** Fields that are left out, lower case. */
  readonly without: readonly string[];
  /** Known fields that are left out, as a set. */
  readonly hidden: number;
  /** Of the content, where it is not what the head says; or one of the constants for `length`. */
  readonly length: number;
}

/** A head that needs nothing added but `Via`, such as an interim one. */
export const PLAIN_FORM: Omit<ResponseForm, 'via'> = {
  chunked: false,
  trailers: false,
  date: null,
  connection: 'unsaid',
  lines: NO_LINES,
  without: NO_NAMES,
  hidden: 0,
  length: LENGTH_KEPT,
};

/** Writes the response head for the client at `at`; returns where it ends. */
export function composeResponse(
  head: ResponseHead,
  form: ResponseForm,
  out: Buffer,
  start: number,
): number {
  const { bytes, status } = head;
  let at = start;
  let from = head.lineStart;
  if (head.minor === 0 || head.lineEnd === head.lineStart + BARE_STATUS_LENGTH) {
    at = copyAll(RESPONSE_VERSION, out, at);
    at = copy(bytes, head.lineStart + RESPONSE_VERSION.length, head.lineEnd, out, at);
    // The space before the reason is not optional even where there is no reason.
    if (head.lineEnd === head.lineStart + BARE_STATUS_LENGTH) out[at++] = SP;
    at = lineEnd(out, at);
    from = head.fieldsStart;
  }
  // RFC 9110 8.6: no Content-Length in 1xx and 204.
  const lengthless = status < 200 || status === 204 || status === 205;
  const length = lengthless || form.length !== LENGTH_KEPT ? 1 << Field.contentLength : 0;
  const hop = form.trailers ? LEFT_OUT_BEFORE_TRAILERS : LEFT_OUT_OF_RESPONSES;
  at = copyFields(head, from, hop | length | form.hidden, form.without, out, at);
  if (status === 205) at = copyAll(NO_CONTENT, out, at);
  else if (form.length >= 0 && !lengthless) at = contentLength(form.length, out, at);
  if (form.date !== null && !head.has(Field.date)) at = copyAll(form.date, out, at);
  at = copyAll(form.lines, out, at);
  if (form.chunked) at = copyAll(CHUNKED, out, at);
  if (form.connection === 'close') at = copyAll(CLOSE, out, at);
  else if (form.connection === 'keep-alive') at = copyAll(KEEP_ALIVE, out, at);
  else if (form.connection === 'upgrade') at = upgradeLines(head.upgrade, out, at);
  if (form.via !== null) at = copyAll(viaOf(form.via, head), out, at);
  return lineEnd(out, at);
}

function contentLength(length: number, out: Buffer, start: number): number {
  const at = copyAll(CONTENT_LENGTH, out, start);
  return lineEnd(out, at + out.write(String(length), at, 'latin1'));
}

/** Copies from `from` (the start line or the first field) to the empty line what may be forwarded. */
function copyFields(
  head: MessageHead,
  from: number,
  leftOut: number,
  without: readonly string[],
  out: Buffer,
  start: number,
): number {
  const { bytes, table } = head;
  const last = head.end - 2;
  const named = head.connectionNames.length > 0 || without.length > 0;
  const plain = !head.anyIrregular && !named;
  if (plain && (head.present & leftOut) === 0) return copy(bytes, from, last, out, start);
  let at = start;
  let run = from;
  for (let index = 0; index < head.fieldCount; index++) {
    const base = index * FIELD_STRIDE;
    const kind = table[base + 4]!;
    const unfit = (leftOut & (1 << (kind & FIELD_MASK))) !== 0 || (kind & DROPPED) !== 0;
    const drop =
      unfit ||
      (named && (isNamed(head, index, head.connectionNames) || isNamed(head, index, without)));
    if (!drop && (kind & IRREGULAR) === 0) continue;
    at = copy(bytes, run, table[base]!, out, at);
    run = index + 1 < head.fieldCount ? table[base + FIELD_STRIDE]! : last;
    if (!drop) at = rewriteLine(head, base, out, at);
  }
  return copy(bytes, run, last, out, at);
}

/** The line in the one form that everybody reads alike. */
function rewriteLine(head: MessageHead, base: number, out: Buffer, start: number): number {
  const { bytes, table } = head;
  if ((table[base + 4]! & FIELD_MASK) === Field.contentLength) {
    return contentLength(head.contentLength, out, start);
  }
  let at = copy(bytes, table[base]!, table[base + 1]!, out, start);
  out[at++] = COLON;
  out[at++] = SP;
  at = copy(bytes, table[base + 2]!, table[base + 3]!, out, at);
  return lineEnd(out, at);
}

/** Has the field line one of these names, or what a server takes for one: `X_User` is X-User to CGI. */
function isNamed(head: MessageHead, index: number, names: readonly string[]): boolean {
  for (const name of names) if (isLike(head, index, name)) return true;
  return false;
}

function isLike({ bytes, table }: MessageHead, index: number, name: string): boolean {
  const start = table[index * FIELD_STRIDE]!;
  if (table[index * FIELD_STRIDE + 1]! - start !== name.length) return false;
  for (let at = 0; at < name.length; at++) {
    const byte = bytes[start + at]!;
    const code = name.charCodeAt(at);
    if (TOKEN_LOWER[byte] !== code && (byte !== UNDERSCORE || code !== DASH)) return false;
  }
  return true;
}

function upgradeLines(protocol: string, out: Buffer, start: number): number {
  const at = copyAll(UPGRADE, out, start);
  return lineEnd(out, at + out.write(protocol, at, 'latin1'));
}
