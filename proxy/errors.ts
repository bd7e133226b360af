/**
 * Everything that can go wrong with a request, by who is at fault. The status a client sees and
 * whether a request may be tried again follow from this table and from how much was sent, never from
 * message texts.
 */

/** Who is at fault: the client, an origin server, or we. */
export type ErrorSource = 'downstream' | 'upstream' | 'internal';

/** How much of the request had gone to the server when it failed. */
export type Sent = 'none' | 'partial' | 'full';

interface ErrorKind {
  readonly source: ErrorSource;
  /** The status answered, or only counted (499) where nobody is left to be answered. */
  readonly status: number;
  /** What the client is told, in a sentence that helps an operator and gives no secret away. */
  readonly text: string;
}

export const PROXY_ERRORS = {
  // The request head.
  bad_request_line: down(400, 'the request line is malformed'),
  bad_target: down(400, 'the request target is not allowed'),
  bad_field: down(400, 'a header field is malformed'),
  bad_line_end: down(400, 'a line does not end with CR LF'),
  bad_host: down(400, 'the Host field is missing, repeated or not a host'),
  bad_connection: down(400, 'the Connection field names a field that is not for one hop'),
  bad_framing: down(400, 'the length of the body is announced wrongly or twice'),
  bad_upgrade: down(400, 'a request with a body cannot ask for an upgrade'),
  bad_chunk: down(400, 'the chunked body is malformed'),
  method_refused: down(405, 'this method is not allowed here'),
  head_timeout: down(408, 'the request head did not arrive in time'),
  body_timeout: down(408, 'the request body stopped arriving'),
  body_too_slow: down(408, 'the request body arrived too slowly'),
  request_timeout: down(408, 'the request did not arrive in time'),
  body_too_large: down(413, 'the request body is larger than allowed'),
  target_too_long: down(414, 'the request line is longer than allowed'),
  misdirected: down(421, 'this host is not the one that the TLS connection was made for'),
  not_cached: down(504, 'there is no stored answer, and the client wants no other'),
  bad_expectation: down(417, 'only 100-continue can be expected'),
  head_too_large: down(431, 'the request head is larger than allowed'),
  unknown_coding: down(501, 'the transfer coding is not known'),
  plain_http: down(400, 'The plain HTTP request was sent to HTTPS port'),
  bad_version: down(505, 'only HTTP/1.0 and HTTP/1.1 are spoken here'),
  loop_detected: down(508, 'this request has passed here before: an upstream leads back'),
  client_gone: down(499, 'the client reset the connection, or cancelled the stream'),
  access_denied: down(403, 'this client may not come here'),
  // Passwords.
  auth_flood: down(429, 'too many passwords of this client are being checked'),
  auth_busy: { source: 'internal', status: 503, text: 'too many passwords are being checked' },
  auth_unavailable: { source: 'internal', status: 503, text: 'passwords cannot be checked now' },
  auth_no_answer: {
    source: 'upstream',
    status: 503,
    text: 'the service that decides who may pass gave no answer',
  },
  // Limits.
  rate_limited: down(429, 'too many requests: a rate limit is reached'),
  rate_limited_503: down(503, 'too many requests: a rate limit is reached'),
  concurrency_limited: down(429, 'too many requests at a time'),
  concurrency_limited_503: down(503, 'too many requests at a time'),
  // Ours.
  no_route: { source: 'internal', status: 404, text: 'no route matches this request' },
  // No failure, but answered in the same way.
  last_hop: {
    source: 'internal',
    status: 200,
    text: 'Max-Forwards lets this request go no further',
  },
  no_resources: {
    source: 'internal',
    status: 503,
    text: 'this balancer cannot open another connection',
  },
  buffer_failed: {
    source: 'internal',
    status: 503,
    text: 'this balancer could not hold the message',
  },
  // The server's.
  no_server: up(503, 'no server is available'),
  servers_busy: up(503, 'every server has all the requests it may have'),
  queue_timeout: up(503, 'every server was busy for as long as a request may wait'),
  connect_failed: up(502, 'the server could not be reached'),
  connect_timeout: up(504, 'the server did not accept a connection in time'),
  server_closed: up(502, 'the server closed the connection before it had answered'),
  bad_response: up(502, 'the server answered with something that is not HTTP'),
  server_tls_failed: up(502, 'the TLS handshake with the server failed'),
  server_certificate_refused: up(502, "the server's certificate is not to be trusted"),
  response_timeout: up(504, 'the server did not answer in time'),
  route_timeout: up(504, 'the answer was not complete in time'),
  response_stalled: up(504, 'the server stopped in the middle of its answer'),
} as const satisfies Readonly<Record<string, ErrorKind>>;

export type ProxyErrorCode = keyof typeof PROXY_ERRORS;

/** All codes; the place of one is its slot in shared memory. */
export const ERROR_CODES: readonly ProxyErrorCode[] = Object.keys(PROXY_ERRORS) as ProxyErrorCode[];

function down(status: number, text: string): ErrorKind {
  return { source: 'downstream', status, text };
}

function up(status: number, text: string): ErrorKind {
  return { source: 'upstream', status, text };
}
