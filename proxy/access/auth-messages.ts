/** What an authorization service is asked, and what its answer comes to. */
import type { ForwardAuthConfig } from '../../src/config/rewriting-config.ts';
import type { FeatureRequest } from '../features/feature.ts';
import { NO_LINES } from '../http1/extra-lines.ts';
import { RequestHead, type ResponseHead } from '../http1/head.ts';
import { parseRequest } from '../http1/parse-request.ts';
import type { RequestRules } from '../http1/request-rules.ts';
import { AUTH_HEAD_BYTES_MAX, AUTH_HEADER_COUNT_MAX } from './limits.ts';

const LIMITS = {
  requestLineMax: AUTH_HEAD_BYTES_MAX,
  headBytesMax: AUTH_HEAD_BYTES_MAX,
  headerCountMax: AUTH_HEADER_COUNT_MAX,
};

/**
 * The head of the question: GET, the fields that are to be copied, and what the client wants. It is
 * written and read by the same strict parser as a client's. Null: it would be too long.
 */
export function authQuestion(
  { head, client }: Pick<FeatureRequest, 'head' | 'client'>,
  config: ForwardAuthConfig,
  rules: RequestRules,
): RequestHead | null {
  const named = head.hostEnd > head.hostStart;
  const { bytes, hostStart, hostEnd, targetStart, targetEnd } = head;
  const local = client.localAddress;
  const address = local.includes(':') ? `[${local}]` : local;
  const host = named ? bytes.toString('latin1', hostStart, hostEnd) : address;
  const lines = [
    `GET ${config.path} HTTP/1.1`,
    `Host: ${host}`,
    `X-Forwarded-Method: ${head.method}`,
    `X-Forwarded-Uri: ${bytes.toString('latin1', targetStart, targetEnd)}`,
  ];
  for (const name of config.requestHeaders) {
    for (const value of head.valuesNamed(name)) lines.push(`${name}: ${value}`);
  }
  const text = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const question = new RequestHead(AUTH_HEADER_COUNT_MAX);
  const end = parseRequest(question, text, 0, text.length, LIMITS, rules);
  return end === text.length ? question : null;
}

/** What goes with a page of the service to the client: nothing about framing, or about one hop. */
const NOT_FOR_CLIENTS: ReadonlySet<string> = new Set([
  ...['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'proxy-connection'],
  ...['te', 'trailer', 'upgrade', 'date', 'via', 'server'],
]);

/** The service's answer, collected. */
export class AuthAnswer {
  readonly status: number;
  /** The request may go on. */
  readonly passes: boolean;
  /** For the client, where it may not. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** For the server, where it may. */
  readonly lines: readonly Buffer[];
  readonly #pieces: Buffer[] = [];
  #length = 0;

  constructor(head: ResponseHead, wanted: readonly string[]) {
    this.status = head.status;
    this.passes = head.status < 300;
    const all = Array.from({ length: head.fieldCount }, (_, at) => {
      return [head.name(at), head.value(at)] as const;
    });
    this.fields = all.filter(([name]) => !NOT_FOR_CLIENTS.has(name.toLowerCase()));
    this.lines = all
      .filter(([name]) => wanted.includes(name.toLowerCase()))
      .map(([name, value]) => Buffer.from(`${name}: ${value}\r\n`, 'latin1'));
  }

  get body(): Buffer {
    return this.#pieces.length === 0 ? NO_LINES : Buffer.concat(this.#pieces);
  }

  /** Keeps a piece of its content; returns how much there is of it. */
  add(bytes: Buffer, start: number, end: number): number {
    if (!this.passes) this.#pieces.push(Buffer.from(bytes.subarray(start, end)));
    this.#length += end - start;
    return this.#length;
  }
}
