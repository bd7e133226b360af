/** `http2` of a listener, and `protocol` of an upstream. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import {
  choiceAllowed,
  choiceValue,
  documented,
  duration,
  fieldError,
  flag,
  integer,
  size,
} from './field.ts';

const { http2 } = settings;

const http2Allowed = 'true, false, cleartext or a map';

const boundsSchema = z.strictObject({
  cleartext: flag(false, {
    doc:
      'Clients may speak HTTP/2 without TLS as well, by beginning with its preface ("prior ' +
      'knowledge", h2c); all others on the same port speak HTTP/1.',
  }),
  streams: integer(http2.streams, {
    doc: 'Requests that a client may have open at a time on one connection; more are refused.',
    danger: 'Each may hold a stream_window of its body and 64 KiB of its answer in memory.',
  }),
  stream_window: size(http2.streamWindow, {
    doc: 'Body of one request that may be on its way to us before we have passed it on.',
    danger: 'Uploads over long distances come at most so much per round trip.',
  }),
  window: size(http2.window, { doc: 'The same, of all requests of a connection together.' }),
  ping_after: duration(http2.pingAfter, {
    doc: 'A client with open requests that is silent for so long is sent a PING. 0s: never.',
  }),
  ping_timeout: duration(http2.pingTimeout, {
    doc: 'How long it has to answer that, before its connection is reset.',
  }),
});

/** `http2` of an HTTP listener. */
export const http2Field = documented(
  z
    .union([z.boolean(), z.literal('cleartext'), boundsSchema], { error: fieldError(http2Allowed) })
    .prefault(true),
  {
    doc:
      'HTTP/2 to clients (docs/HTTP2.md). `true`: to those that choose it in the TLS handshake; ' +
      'without `tls` nothing changes. `cleartext`: also without TLS, to those that begin with its ' +
      'preface. A map sets bounds.',
    allowed: http2Allowed,
    default: 'true',
  },
);

/** As it is read. */
export type Http2Entry = z.infer<typeof http2Field>;

/** The whole of it, with its defaults; null: HTTP/1 only. */
export function http2Of(entry: Http2Entry): z.infer<typeof boundsSchema> | null {
  if (entry === false) return null;
  if (entry === true) return boundsSchema.parse({});
  return entry === 'cleartext' ? boundsSchema.parse({ cleartext: true }) : entry;
}

const protocols = ['http1', 'http2'] as const;

/** `protocol` of an upstream. */
export const upstreamProtocolField = documented(choiceValue(protocols).prefault('http1'), {
  doc:
    'What its servers speak. `http2`: many requests share a connection, and gRPC works; with `tls` ' +
    'the server must agree in the handshake, without it must know by itself (h2c). Health checks ' +
    'speak HTTP/1 in any case.',
  allowed: choiceAllowed(protocols),
  default: 'http1',
});
