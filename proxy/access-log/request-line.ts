/** The variables of a request that are known when it is over. */
import type { RequestVariable } from '../../src/config/access-log-config.ts';
import type { headVariables } from './arrived-request.ts';
import { followedLine, orNone } from './followed-line.ts';
import type { LineWriter } from './line-writer.ts';
import type { LogClock } from './log-clock.ts';
import { tlsLine } from './tls-line.ts';
import type { TrackedRequest } from './tracked-request.ts';

/** Writes one value. */
export type RequestWriter = (out: LineWriter, request: TrackedRequest, clock: LogClock) => void;

/** The writers of all variables but those of the head. */
export const requestLine = {
  ...followedLine,
  ...tlsLine,
  remote_addr: (out, { remoteAddress }) => out.text(remoteAddress),
  remote_port: (out, { client }) => out.integer(client.port),
  server_addr: (out, { client }) => out.text(client.localAddress),
  server_port: (out, { client }) => out.integer(client.localPort),
  connection: (out, { traffic }) => out.integer(traffic.serial),
  connection_requests: (out, { requestNumber }) => out.integer(requestNumber),
  route: (out, { route }) => orNone(out, route?.config.name ?? null),
  upstream: (out, { upstream }) => orNone(out, upstream),
  upstream_status: (out, { tries }) => tries.write(out, 'status'),
  upstream_header_time: (out, { tries }) => tries.write(out, 'headerMs'),
  upstream_response_time: (out, { tries }) => tries.write(out, 'responseMs'),
  upstream_cache_status: (out, { cache }) => (cache === null ? out.none() : out.text(cache)),
  request_length: (out, { traffic }) => out.integer(traffic.receivedBytes),
  request_time: (out, { durationMs }) => out.seconds(durationMs),
  status: (out, { status }) => out.integer(status),
  bytes_sent: (out, { traffic }) => out.integer(traffic.sentBytes),
  body_bytes_sent: (out, { traffic }) => out.integer(traffic.sentBytes - traffic.headBytes),
  request_completion: (out, { error }) => {
    if (error === null) out.text('OK');
    else out.none();
  },
  request_id: (out, { ids }) => orNone(out, ids?.requestId || null),
  trace_id: (out, { ids }) => orNone(out, ids?.traceId || null),
  span_id: (out, { ids }) => orNone(out, ids?.spanId || null),
} as const satisfies Readonly<
  Record<Exclude<RequestVariable, keyof typeof headVariables>, RequestWriter>
>;
