/** What the variables of templates write; see src/config/template-variables.ts. */

import type { TlsVariable } from '../../src/config/access-log-config.ts';
import type { RouteConfig } from '../../src/config/proxy-config.ts';
import type { TemplateVariable, VariableFamily } from '../../src/config/template-config.ts';
import { findPair, visitField } from '../access-log/head-fields.ts';
import { routingHost } from '../http1/authority.ts';
import { basicCredentials } from '../http1/basic-credentials.ts';
import type { RequestHead } from '../http1/head.ts';
import { TLS_VALUES } from '../http1/tls-values.ts';
import type { RequestIdValues } from '../request-id/request-ids.ts';
import type { TlsInfo } from '../tls/tls-info.ts';
import type { ValueWriter } from './value-writer.ts';

/** What a template may ask of a request. */
export interface TemplateRequest {
  /** Valid during the call. */
  readonly head: RequestHead;
  /** Normalised. */
  readonly path: string;
  readonly client: TemplateClient;
  /** Null: no route takes it. */
  readonly route: {
    readonly config: Pick<RouteConfig, 'name' | 'upstream' | 'path' | 'pathKind'>;
  } | null;
  /** Null where the listener gives none. */
  readonly ids: RequestIdValues | null;
}

/** What the groups of a regular expression matched: `$1` is at index 1. */
export type Captures = readonly (string | undefined)[];

/** Who asks, and where. */
export interface TemplateClient {
  readonly address: string;
  readonly port: number;
  readonly scheme: string;
  readonly localAddress: string;
  readonly localPort: number;
  /** It speaks HTTP/2. */
  readonly http2?: boolean;
  /** Null: the connection is not secured. */
  readonly tls: TlsInfo | null;
}

/** Writes a value; nothing where there is none. */
export type VariableWriter = (out: ValueWriter, request: TemplateRequest) => void;

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const COOKIE = Buffer.from('cookie');

/** Of the variables about TLS. */
const TLS_WRITERS = Object.fromEntries(
  Object.entries(TLS_VALUES).map(([name, value]): [string, VariableWriter] => [
    name,
    (out, { client: { tls } }) => out.text((tls === null ? null : value(tls)) ?? ''),
  ]),
) as Record<TlsVariable, VariableWriter>;

/** The writers; `listener` is the name of the listener. */
export function variableWriters(
  listener: string,
): Readonly<Record<TemplateVariable, VariableWriter>> {
  return {
    host: (out, { head, client }) => {
      const named = head.hostEnd > head.hostStart;
      if (named) out.text(routingHost(head.bytes, head.hostStart, head.hostEnd));
      else out.text(bracketed(client.localAddress));
    },
    request_method: (out, { head }) => out.text(head.method),
    request_uri: (out, { head }) => out.range(head.bytes, head.targetStart, head.targetEnd),
    uri: (out, { head }) => out.range(head.bytes, head.targetStart, head.pathEnd),
    path: (out, { path }) => out.text(path),
    args: (out, { head }) => out.range(head.bytes, head.pathEnd + 1, head.targetEnd),
    is_args: (out, { head }) => {
      if (head.pathEnd < head.targetEnd) out.text('?');
    },
    server_protocol: (out, { head, client }) => {
      out.text(client.http2 === true ? 'HTTP/2.0' : `HTTP/1.${head.minor}`);
    },
    scheme: (out, { client }) => out.text(client.scheme),
    remote_addr: (out, { client }) => out.text(client.address),
    remote_port: (out, { client }) => out.text(`${client.port}`),
    remote_user: (out, { head }) => out.text(basicCredentials(head)?.user ?? ''),
    server_addr: (out, { client }) => out.text(client.localAddress),
    server_port: (out, { client }) => out.text(`${client.localPort}`),
    listener: (out) => out.text(listener),
    route: (out, { route }) => out.text(route?.config.name ?? ''),
    upstream: (out, { route }) => out.text(route?.config.upstream ?? ''),
    request_id: (out, { ids }) => out.text(ids?.requestId ?? ''),
    trace_id: (out, { ids }) => out.text(ids?.traceId ?? ''),
    span_id: (out, { ids }) => out.text(ids?.spanId ?? ''),
    ...TLS_WRITERS,
  };
}

/** The writer of a variable with a name in it; `name` is lower case with `_` for `-`. */
export function familyWriter(family: VariableFamily, name: string): VariableWriter {
  const wanted = Buffer.from(name);
  if (family === 'http_') return fieldWriter(wanted, name === 'cookie' ? '; ' : ', ');
  const find = family === 'cookie_' ? cookie : argument;
  return (out, { head }) => {
    const found = find(head, wanted);
    if (found !== null) out.range(head.bytes, found[0], found[1]);
  };
}

function fieldWriter(name: Buffer, between: string): VariableWriter {
  return (out, { head }) => {
    let values = 0;
    visitField(head, name, (start, end) => {
      if (values++ > 0) out.text(between);
      out.range(head.bytes, start, end);
    });
  };
}

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

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
