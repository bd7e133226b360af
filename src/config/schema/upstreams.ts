/** `upstreams`: groups of origin servers and how one of them is chosen. */
import { z } from 'zod';
import { formatEndpoint, parseEndpoint } from '../endpoints.ts';
import { settings } from '../settings.ts';
import {
  hashSchema,
  maxConnectionsSchema,
  policySchema,
  queueSchema,
  slowStartSchema,
} from './balancing.ts';
import { outlierSchema, panicThresholdSchema, passiveSchema } from './ejection.ts';
import {
  choiceAllowed,
  choiceValue,
  documented,
  duration,
  fieldError,
  flag,
  integer,
  optionalDuration,
  spelled,
} from './field.ts';
import { healthCheckSchema } from './health-check.ts';
import { upstreamProtocolField } from './http2.ts';
import { nameAllowed, namedMap } from './names.ts';
import { sendProxyField } from './proxy-protocol.ts';
import { parseDomain } from './resolver.ts';
import { retrySchema } from './retry.ts';
import { stickySchema } from './sticky.ts';
import { upstreamTlsField } from './upstream-tls.ts';

const upstream = settings.upstream;

const serverAddressAllowed =
  'host:port, such as 198.51.100.21:80, "[2001:db8::21]:80" or origin.example.com:80';

const srvAllowed = 'a name such as _http._tcp.example.com';

/** How many of a name's addresses are used. */
const resolutions = ['all', 'one'] as const;

const serverSchema = z.strictObject({
  address: documented(spelled(serverAddressAllowed, parseEndpoint, formatEndpoint).optional(), {
    doc:
      'Where the server listens. A name stands for all its addresses, each a server of its own; it ' +
      'is looked up again when the TTL of the answer is over.',
    allowed: serverAddressAllowed,
    default: 'none: there is `srv`',
  }),
  srv: documented(spelled(srvAllowed, parseDomain, (text) => text).optional(), {
    doc:
      'In place of `address`: a name whose SRV records say host, port, weight and priority. ' +
      'Records of the lowest priority are the servers, all others are backups.',
    allowed: srvAllowed,
    default: 'none',
  }),
  resolve: documented(choiceValue(resolutions).prefault(upstream.resolve), {
    doc: '`all`: each address of a name is a server. `one`: only one is used, as long as it is there.',
    allowed: choiceAllowed(resolutions),
    default: upstream.resolve,
  }),
  weight: integer(upstream.weight, {
    doc: 'Share of the work relative to the other servers. 0: no new work.',
  }),
  backup: flag(false, { doc: 'Used only while no other server is available.' }),
  down: flag(false, {
    doc: 'Never used, whatever its checks say; for a server under repair.',
  }),
  max_connections: maxConnectionsSchema,
  check_address: documented(
    spelled(serverAddressAllowed, parseEndpoint, formatEndpoint).optional(),
    {
      doc: 'Where this server is checked instead, such as the agent of a host that answers for it.',
      allowed: serverAddressAllowed,
      default: "the server's address, or its host with the port of health_check",
    },
  ),
});

const serversMax = upstream.serversMax;
const serversAllowed = `a list of 1 to ${serversMax} servers such as { address: 198.51.100.21:80 }`;

const upstreamSchema = z.strictObject({
  policy: policySchema,
  hash: hashSchema,
  queue: queueSchema,
  slow_start: slowStartSchema,
  sticky: stickySchema,
  servers: documented(
    z
      .array(serverSchema, { error: fieldError(serversAllowed) })
      .min(1, { error: `found an empty list; allowed: ${serversAllowed}` })
      .max(upstream.serversMax, { error: `at most ${upstream.serversMax} servers` }),
    { doc: 'The origin servers.', allowed: serversAllowed, default: null },
  ),
  health_check: healthCheckSchema,
  passive: passiveSchema,
  outlier: outlierSchema,
  panic_threshold: panicThresholdSchema,
  retry: retrySchema,
  connect_timeout: duration(upstream.connectTimeout, {
    doc: 'Longest time to establish a connection to a server.',
  }),
  response_timeout: duration(upstream.responseTimeout, {
    doc: 'HTTP: longest time from the request fully sent to the head of the response; 504 beyond.',
  }),
  idle_timeout: optionalDuration(
    upstream.idleTimeout,

    `${upstream.idleTimeout.default}; ${upstream.idleTimeoutTcp} when only tcp ` +
      'listeners use the upstream',
    {
      doc:
        'Longest silence in both directions in the middle of a message (HTTP) or a ' +
        'session (TCP).',
    },
  ),
  keepalive: documented(
    z
      .strictObject({
        max: integer(upstream.keepAliveMax, {
          doc: 'HTTP: idle connections kept per server and worker. 0: a connection per request.',
        }),
        timeout: duration(upstream.keepAliveTimeout, {
          doc:
            'HTTP: an idle connection is closed after this time. Keep it below the ' +
            "server's own.",
        }),
      })
      .prefault({}),
    {
      doc: 'Connections kept open to the servers between requests.',
      allowed: 'a map of max and timeout',
      default: '{}',
    },
  ),
  send_proxy: sendProxyField,
  protocol: upstreamProtocolField,
  tls: upstreamTlsField,
});

/** `upstreams`. */
export const upstreamsSchema = documented(
  namedMap(upstreamSchema, 'upstreams', upstream.countMax).optional(),
  {
    doc: 'Groups of origin servers, by name.',
    allowed: `a map of 1 to ${upstream.countMax} upstreams; each key is ${nameAllowed}`,
    default: 'none',
  },
);
