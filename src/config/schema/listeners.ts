/** `listeners`: where clients connect. */
import { z } from 'zod';
import { formatEndpoint, parseBind } from '../endpoints.ts';
import { settings } from '../settings.ts';
import { accessFields } from './access.ts';
import { accessLogSchema } from './access-log.ts';
import { bufferingFields } from './buffering.ts';
import { compressionFields } from './compression.ts';
import { documented, duration, integer, size, spelled } from './field.ts';
import { httpRuleFields } from './http-rules.ts';
import { http2Field } from './http2.ts';
import { connectionsPerSourceField, listenerLimitNames } from './limit-references.ts';
import { nameAllowed, namedMap, nameValue } from './names.ts';
import { acceptProxyField } from './proxy-protocol.ts';
import { requestIdSchema, traceSchema } from './request-id.ts';
import { rewritingFields } from './rewriting.ts';
import { routesSchema } from './routes.ts';
import { timeBoundFields } from './time-bounds.ts';
import { listenerTlsField } from './tls.ts';
import { tcpLimitFields, tlsRoutesField } from './tls-routes.ts';
import { udpFields } from './udp.ts';

const { listener, limits } = settings;

/** Words for an address a listener binds. */
export const bindAllowed = 'address:port, such as "0.0.0.0:80" or "[::]:80"';

/** An address to bind. */
export const bindValue = spelled(bindAllowed, parseBind, formatEndpoint);

const bind = documented(
  z.union([
    bindValue,
    z
      .array(bindValue)
      .min(1, { error: 'found an empty list; allowed: at least one address' })
      .max(listener.bindsMax, { error: `at most ${listener.bindsMax} addresses` }),
  ]),
  {
    doc:
      'Addresses the listener accepts connections on. "0.0.0.0" is every IPv4 address, ' +
      '"[::]" every IPv6 address and no IPv4. Wildcards are recommended: they hold on ' +
      'both hosts, whoever has the virtual addresses.',
    allowed: `${bindAllowed}, or a list`,
    default: null,
  },
);

const connections = integer(limits.connections, {
  doc: 'Open client connections, all workers together; more are closed at once.',
  danger: 'Each needs two file descriptors and some kilobytes.',
});

const httpLimitsSchema = z.strictObject({
  connections,
  connections_per_source: connectionsPerSourceField,
  request_line: size(limits.requestLine, { doc: 'Longest request line; 414 beyond.' }),
  head: size(limits.head, { doc: 'Longest request line and header together; 431 beyond.' }),
  headers: integer(limits.headers, { doc: 'Most header fields; 431 beyond.' }),
  body: size(limits.body, {
    doc:
      'Longest request body, announced or streamed; 413 beyond. 0: no limit. Bodies are ' +
      'streamed, never held.',
  }),
  head_timeout: duration(limits.headTimeout, {
    doc: 'From the first byte of a head to its end; 408 beyond.',
    danger: 'A long one lets slow clients hold connections.',
  }),
  keepalive_timeout: duration(limits.keepAliveTimeout, {
    doc: 'A connection with no request is closed after this time.',
  }),
  idle_timeout: duration(limits.idleTimeout, {
    doc: 'Longest time without progress on a body in either direction.',
  }),
  ...timeBoundFields,
});

/** The key that tells the two kinds apart. */
function protocolIs<const P extends 'http' | 'tcp' | 'udp'>(protocol: P) {
  return documented(z.literal(protocol), {
    doc:
      '`http` understands requests and has `routes`; `tcp` passes bytes on and has one ' +
      '`upstream`; so does `udp`, datagram by datagram.',
    allowed: 'http, tcp or udp',
    default: null,
  });
}

const httpListenerSchema = z.strictObject({
  bind,
  protocol: protocolIs('http'),
  tls: listenerTlsField,
  http2: http2Field,
  accept_proxy: acceptProxyField,
  routes: routesSchema,
  ...httpRuleFields,
  ...rewritingFields,
  ...bufferingFields,
  ...accessFields,
  ...compressionFields,
  ...listenerLimitNames,
  limits: documented(httpLimitsSchema.prefault({}), {
    doc: 'Bounds a client meets.',
    allowed: 'a map of limits',
    default: '{}',
  }),
  access_log: accessLogSchema('request'),
  request_id: requestIdSchema,
  traceparent: traceSchema,
});

const tcpListenerSchema = z.strictObject({
  bind,
  protocol: protocolIs('tcp'),
  tls: listenerTlsField,
  accept_proxy: acceptProxyField,
  upstream: documented(nameValue.optional(), {
    doc:
      'Only with `protocol: tcp`: where the connections go, with `tls_routes` those that no ' +
      'route takes.',
    allowed: 'a name out of upstreams',
    default: 'none: what no route takes is refused',
  }),
  tls_routes: tlsRoutesField,
  ...accessFields,
  access_log: accessLogSchema('session'),
  limits: documented(
    z
      .strictObject({
        connections,
        connections_per_source: connectionsPerSourceField,
        ...tcpLimitFields,
      })
      .prefault({}),
    {
      doc: 'Bounds a client meets.',
      allowed: 'a map of limits',
      default: '{}',
    },
  ),
});

const udpListenerSchema = z.strictObject({
  bind,
  protocol: protocolIs('udp'),
  upstream: documented(nameValue, {
    doc: 'Where the datagrams go.',
    allowed: 'a name out of upstreams',
    default: null,
  }),
  ...udpFields,
});

/** The kinds of listener, told apart by `protocol`. */
export const listenerSchema = z.discriminatedUnion('protocol', [
  httpListenerSchema,
  tcpListenerSchema,
  udpListenerSchema,
]);

/** `listeners`. */
export const listenersSchema = documented(
  namedMap(listenerSchema, 'listeners', listener.countMax).optional(),
  {
    doc: 'Where clients connect, by name.',
    allowed: `a map of 1 to ${listener.countMax} listeners; each key is ${nameAllowed}`,
    default: 'none: no balancer on the nodes',
  },
);
