/**
 * The variables of the access log: their names and what they say. proxy/access-log/ has one writer
 * for each (the compiler sees to it), docs/ACCESS-LOG.md one row for each (a test sees to it). Names are
 * nginx's where nginx has the variable.
 */

/** One variable. */
export interface LogVariable {
  /** What it says, for docs/ACCESS-LOG.md. */
  readonly doc: string;
  /** In a JSON line it is a number, not a string. */
  readonly number?: true;
}

/** Variables of every line. */
const common = {
  time: { doc: 'end of the request or session, RFC 3339 in UTC with milliseconds' },
  time_iso8601: { doc: 'the same in local time and whole seconds, `2026-11-21T13:00:00+00:00`' },
  time_local: { doc: 'the same as in the common log format, `21/Nov/2026:13:00:00 +0000`' },
  msec: { doc: 'the same in seconds since 1970 with milliseconds', number: true },
  listener: { doc: 'name of the listener' },
  worker: { doc: 'worker thread that served it, from 0', number: true },
  remote_addr: {
    doc: "the client's address, as `client_ip` and the PROXY protocol have it where they are trusted",
  },
  remote_port: { doc: "the client's port", number: true },
  server_addr: { doc: 'address that the client connected to' },
  server_port: { doc: 'port that the client connected to', number: true },
  connection: { doc: 'number of the client connection in this worker, from 1', number: true },
  upstream: { doc: 'name of the upstream' },
  upstream_addr: { doc: 'address of the server; of all tries, `a:80, b:80`' },
  upstream_connect_time: {
    doc: 'seconds to a connection to the server, 0.000 for one that was kept; of all tries',
  },
  tries: { doc: 'servers tried; 0: none was chosen', number: true },
  error: { doc: 'why it failed: one of the codes below; none when all was well' },
} as const satisfies Readonly<Record<string, LogVariable>>;

/** How the client's connection is secured; nginx's names. */
export const tlsVariables = {
  https: { doc: '`on` under TLS' },
  ssl_protocol: {
    doc: 'version of TLS, `TLSv1.3`; none without TLS, as all that begin with `ssl_`',
  },
  ssl_cipher: { doc: 'cipher, as OpenSSL names it' },
  ssl_server_name: { doc: 'name that the client asked for in the handshake (SNI)' },
  ssl_alpn_protocol: { doc: 'application protocol agreed on, `h2` or `http/1.1`' },
  ssl_session_reused: { doc: '`r` when the session was resumed, else `.`' },
  ssl_client_verify: { doc: '`SUCCESS`, or `NONE` when the client showed no certificate' },
  ssl_client_s_dn: { doc: "subject of the client's certificate, as in RFC 2253" },
  ssl_client_i_dn: { doc: 'issuer of it' },
  ssl_client_serial: { doc: 'serial number of it, hexadecimal' },
  ssl_client_fingerprint: { doc: 'SHA-256 of it, hexadecimal' },
} as const satisfies Readonly<Record<string, LogVariable>>;
export type TlsVariable = keyof typeof tlsVariables;

/** Of a request. */
export const requestVariables = {
  ...common,
  ...tlsVariables,
  connection_requests: { doc: 'which request of its connection this is, from 1', number: true },
  route: { doc: 'name of the route: its `name`, or what it matches' },
  request: { doc: 'request line: method, target, protocol' },
  request_method: { doc: 'method' },
  request_uri: { doc: 'target as it came, with the query' },
  uri: { doc: 'path of the target as it came, without the query' },
  args: { doc: 'query' },
  server_protocol: { doc: 'protocol of the client, `HTTP/1.1` or `HTTP/2.0`' },
  scheme: { doc: '`http` or `https`' },
  host: { doc: 'host asked for, lower case, without port' },
  remote_user: { doc: 'user name of Basic authentication, as the client claims it' },
  request_length: { doc: 'bytes received: head and body, framing included', number: true },
  request_time: {
    doc: 'seconds from the head being complete to the last byte given to the kernel',
    number: true,
  },
  status: { doc: 'status answered; 499 when the client left before there was one', number: true },
  bytes_sent: { doc: 'bytes sent to the client', number: true },
  body_bytes_sent: { doc: 'the same less the head of the response', number: true },
  upstream_status: {
    doc: "the server's status; 502 or 504 for a try that failed; of all tries",
  },
  upstream_header_time: { doc: "seconds to the head of the server's response; of all tries" },
  upstream_response_time: { doc: "seconds to the end of the server's response; of all tries" },
  upstream_cache_status: {
    doc: 'what the cache did: HIT, MISS, EXPIRED, STALE, UPDATING, REVALIDATED or BYPASS',
  },
  request_completion: { doc: '`OK` when the response was complete' },
  request_id: { doc: "the request's id, see `request_id`" },
  trace_id: { doc: 'trace of the W3C `traceparent`, see `traceparent`' },
  span_id: { doc: 'span that the server sees as its parent, see `traceparent`' },
} as const satisfies Readonly<Record<string, LogVariable>>;
export type RequestVariable = keyof typeof requestVariables;

/** Of a session of a TCP listener. */
export const sessionVariables = {
  ...common,
  ...tlsVariables,
  protocol: { doc: 'always `TCP`' },
  session_time: { doc: 'seconds from the connection to its end', number: true },
  bytes_received: { doc: 'bytes from the client', number: true },
  bytes_sent: { doc: 'bytes to the client', number: true },
  end: {
    doc: 'how it ended: `done`, `client_reset`, `server_reset`, `idle`, `cut` (by us), `no_server`',
  },
} as const satisfies Readonly<Record<string, LogVariable>>;
export type SessionVariable = keyof typeof sessionVariables;

/** Families of variables with a name of the operator's in them; HTTP only. */
export const variableFamilies = {
  http_: { doc: 'a field of the request: lower case, `-` as `_`, `$http_user_agent`' },
  cookie_: { doc: 'a cookie of the request, `$cookie_session`' },
  arg_: { doc: 'an argument of the query, `$arg_page`' },
} as const satisfies Readonly<Record<string, LogVariable>>;
export type VariableFamily = keyof typeof variableFamilies;

/** What a JSON line has when `fields` does not say otherwise. */
export const requestFields: readonly string[] = [
  'time',
  'listener',
  'route',
  'remote_addr',
  'request_id',
  'request_method',
  'host',
  'request_uri',
  'server_protocol',
  'status',
  'error',
  'request_time',
  'request_length',
  'bytes_sent',
  'tries',
  'upstream',
  'upstream_addr',
  'upstream_status',
  'upstream_connect_time',
  'upstream_header_time',
  'upstream_response_time',
  'http_referer',
  'http_user_agent',
  'connection',
  'connection_requests',
];

/** The same for sessions. */
export const sessionFields: readonly string[] = [
  'time',
  'listener',
  'protocol',
  'remote_addr',
  'remote_port',
  'end',
  'error',
  'session_time',
  'bytes_received',
  'bytes_sent',
  'tries',
  'upstream',
  'upstream_addr',
  'upstream_connect_time',
  'connection',
];

/** nginx's `combined`. */
export const combinedTemplate =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent ' +
  '"$http_referer" "$http_user_agent"';

/** nginx's example for sessions, which `combined` means on TCP listeners. */
export const combinedSessionTemplate =
  '$remote_addr [$time_local] $protocol $end $bytes_sent $bytes_received $session_time';
