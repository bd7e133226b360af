/** What the totals of listeners, upstreams, servers, routes and limits count, in words for HELP lines. */
import type {
  LimitStatus,
  ListenerStatus,
  RouteStatus,
  ServerStatus,
  UpstreamStatus,
} from '../../proxy/index.ts';

/** Totals that have one metric together, told apart by a label; it has words of its own. */
type Labelled = `responses${string}` | `tlsFailed${string}`;
type Words<Totals> = Readonly<Record<Exclude<keyof Totals, Labelled>, string>>;

const listener: Words<ListenerStatus['totals']> = {
  open: 'Client connections or sessions open now.',
  accepted: 'Client connections or sessions accepted.',
  closed: 'Client connections or sessions that have ended.',
  refused: 'Client connections closed at once: limits.connections or connections_per_source.',
  requests: 'Requests read from clients.',
  bytesIn: 'Bytes received from clients.',
  bytesOut: 'Bytes sent to clients.',
  proxyRefused:
    'Connections reset for their PROXY header: missing, bad, late or not theirs to send.',
  tlsRefused: 'Connections refused by tls_routes: a bad or late ClientHello, or no route takes it.',
  expired: 'TCP sessions reset at the end of session_max.',
  datagramsIn: 'Datagrams from clients that were passed on.',
  datagramsOut: 'Datagrams to clients.',
  datagramsDropped: 'Datagrams of clients with no session to go to, or that nobody took.',
  logLines: 'Lines given to the access log.',
  logDropped: 'Access log lines lost because the destination was too slow.',
  tlsHandshakes: 'TLS handshakes with clients that succeeded.',
  tlsResumed: 'TLS handshakes with clients that resumed a session.',
  http2Connections: 'Client connections that spoke HTTP/2.',
  http2Abuse: 'HTTP/2 connections ended for abuse (docs/HTTP2.md).',
};

const upstream: Words<UpstreamStatus['totals']> = {
  waiting: 'Requests waiting now because every server is full.',
  queued: 'Requests that waited because every server was full.',
  queueTimeouts: 'Requests that gave up waiting after queue.timeout: 503.',
  queueRefused: 'Requests that found the queue full: 503.',
};

const server: Words<ServerStatus['totals']> = {
  inFlight: 'Requests or sessions with the server now.',
  requests: 'Requests or sessions given to the server, retries included.',
  connections: 'Connections established with the server.',
  connectFailures: 'Connections to the server that failed: refused, unreachable.',
  connectTimeouts: 'Connections to the server that took longer than connect_timeout.',
  responseTimeouts: 'Requests without a response within response_timeout.',
  idleTimeouts: 'Messages or sessions ended by silence, see idle_timeout.',
  resets: 'Connections that the server reset, or closed in the middle of a message.',
  badResponses: 'Responses refused because they break the protocol.',
  retries: 'Requests that came to the server as a second or later try.',
  bytesIn: 'Bytes received from the server.',
  bytesOut: 'Bytes sent to the server.',
  unbalancedEnds: 'A defect of the balancer if ever more than 0: please report it.',
  hedges: 'Requests that came to the server because another one took long.',
  retriesWithheld: 'Retries that the budget did not allow (docs/RETRY.md).',
  tlsFailures: 'Connections to the server on which TLS came to nothing.',
};

const route: Words<RouteStatus['counters']> = {
  bytesIn: 'Bytes of requests received from clients.',
  bytesOut: 'Bytes of responses sent to clients.',
  cacheHit: 'Requests answered from the cache.',
  cacheMiss: 'Requests for what the cache did not have.',
  cacheExpired: 'Requests for which what was stored was too old, and the server sent another.',
  cacheStale: 'Requests answered with what was too old: the server failed, or is asked meanwhile.',
  cacheUpdating: 'Requests answered with what was too old while another request has it fetched.',
  cacheRevalidated: 'Requests for which the server said that what was stored is still good.',
  cacheBypass: 'Requests that went past the cache.',
  mirrored: 'Copies of requests that were begun.',
  mirrorFailed: 'Copies that got no answer, or not all of it.',
  mirrorBusy: 'Requests not copied: too many copies were under way.',
  mirrorBodies: 'Requests not copied: mirror.body does not allow their body.',
};

const limit: Words<LimitStatus['totals']> = {
  allowed: 'Requests or connections within the limit.',
  delayed: 'Requests that were made to wait, then allowed.',
  refused: 'Requests or connections over the limit; with dry_run those that would be refused.',
  untracked: 'Requests let through uncounted: there was no room for their keys.',
  evictions: 'Idle keys that gave their place to others.',
};

const words = {
  tandem_listener: listener,
  tandem_upstream: upstream,
  tandem_server: server,
  tandem_route: route,
  tandem_limit: limit,
} as const;

/** The beginnings of names of metrics that are made out of totals. */
export type TotalsPrefix = keyof typeof words;

/** What a total counts. */
export function totalHelp(prefix: TotalsPrefix, counter: string): string {
  return (words[prefix] as Readonly<Record<string, string>>)[counter]!;
}

/** The totals that have metrics of their own, by the beginning of their names. */
export const totalCounters: Readonly<Record<TotalsPrefix, readonly string[]>> = {
  tandem_listener: Object.keys(listener),
  tandem_upstream: Object.keys(upstream),
  tandem_server: Object.keys(server),
  tandem_route: Object.keys(route),
  tandem_limit: Object.keys(limit),
};
