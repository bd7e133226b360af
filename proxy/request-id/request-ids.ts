import type { ClientIdentity } from '../http1/client-identity.ts';
import { NO_LINES } from '../http1/extra-lines.ts';
import { DROPPED, type RequestHead } from '../http1/head.ts';
import { isFieldNamed } from '../http1/named-field.ts';
import type { IdSource } from './id-source.ts';
import { formatTraceParent, parseTraceParent } from './traceparent.ts';

const TRACEPARENT = Buffer.from('traceparent');
const TRACESTATE = Buffer.from('tracestate');
/** What a client's id may look like: nothing that a header, a log or a shell could trip over. */
const ACCEPTABLE = /^[A-Za-z0-9._~+/=:@,-]{1,128}$/;

/** The ids of one request; empty where the listener gives none. */
export interface RequestIdValues {
  readonly requestId: string;
  readonly traceId: string;
  readonly spanId: string;
}

/** The ids of one request, and the lines that tell of them. Used again for others. */
export class RequestIds implements RequestIdValues {
  /** Empty where the listener gives none. */
  requestId = '';
  traceId = '';
  /** What the server sees as its parent. */
  spanId = '';
  /** For the server; valid until the next `begin`. */
  requestLines: Buffer = NO_LINES;
  /** For the client. */
  responseLines: Buffer = NO_LINES;
  readonly #source: IdSource;

  constructor(source: IdSource) {
    this.#source = source;
  }

  /**
   * Takes the ids that a trusted client sent, or makes new ones. What an untrusted client said is
   * taken out of the head.
   */
  begin(head: RequestHead, client: ClientIdentity): void {
    const lines = this.#beginId(head, client) + this.#beginTrace(head, client);
    this.requestLines = lines === '' ? NO_LINES : Buffer.from(lines, 'latin1');
  }

  /** The line that the server needs; empty where the client's own is forwarded. */
  #beginId(head: RequestHead, client: ClientIdentity): string {
    const rules = this.#source.id;
    if (rules === null) return '';
    const sent = single(head, rules.name);
    const taken = sent !== null && ACCEPTABLE.test(sent) && rules.trusts(client.peerAddress);
    this.requestId = taken ? sent : this.#source.random.next(16);
    const line = `${rules.header}: ${this.requestId}\r\n`;
    if (rules.respond) this.responseLines = Buffer.from(line, 'latin1');
    if (taken) return '';
    drop(head, rules.name);
    return line;
  }

  #beginTrace(head: RequestHead, client: ClientIdentity): string {
    const rules = this.#source.trace;
    if (rules === null) return '';
    const sent = single(head, TRACEPARENT);
    const parent = sent === null ? null : parseTraceParent(sent);
    const continued = parent !== null && rules.trusts(client.peerAddress) ? parent : null;
    const { random } = this.#source;
    this.traceId = continued?.traceId ?? random.next(16);
    this.spanId = random.next(8);
    const flags = continued?.flags ?? rules.flags;
    drop(head, TRACEPARENT);
    // The state belongs to the trace (section 3.3.1): without the one the other says nothing.
    if (continued === null) drop(head, TRACESTATE);
    const value = formatTraceParent({ traceId: this.traceId, parentId: this.spanId, flags });
    return `traceparent: ${value}\r\n`;
  }
}

/** The value of a field that is there exactly once. */
function single(head: RequestHead, name: Buffer): string | null {
  let value: string | null = null;
  for (let index = 0; index < head.fieldCount; index++) {
    if (!isFieldNamed(head, index, name)) continue;
    if (value !== null) return null;
    value = head.value(index);
  }
  return value;
}

function drop(head: RequestHead, name: Buffer): void {
  for (let index = 0; index < head.fieldCount; index++) {
    if (isFieldNamed(head, index, name)) head.mark(index, DROPPED);
  }
}
