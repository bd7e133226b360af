/**
 * What `--features` measures: Tandem with one feature on at a time, beside itself with none. A new
 * row here is all a new one takes; a test loads each configuration.
 */

/** Pieces of configuration; each is a line or more of the map that it stands in. */
export interface Feature {
  readonly name: string;
  readonly top?: string;
  readonly upstream?: string;
  readonly listener?: string;
  readonly route?: string;
}

/** None of them: what the others are compared with. */
export const FEATURES_OFF: Feature = { name: 'off' };

const FILE = 'to: { file: /dev/null }';

export const features: readonly Feature[] = [
  { name: 'access-log-json', listener: `access_log: { ${FILE} }` },
  { name: 'access-log-combined', listener: `access_log: { ${FILE}, format: combined }` },
  { name: 'request-id', listener: 'request_id: {}' },
  { name: 'traceparent', listener: 'traceparent: {}' },
  {
    name: 'rate-limit',
    top: 'rate_limits: { all: { key: source, rate: 1000000/s, burst: 1000000 } }',
    listener: 'rate_limits: [all]',
  },
  {
    name: 'concurrency-limit',
    top: 'concurrency_limits: { all: { key: source, max: 100000 } }',
    listener: 'concurrency_limits: [all]',
  },
  { name: 'per-source', listener: 'limits: { connections_per_source: { max: 10000 } }' },
  { name: 'route-timeout', route: 'timeout: 30s' },
  { name: 'body-rate', listener: 'limits: { body_rate: { min: 1KiB } }' },
  { name: 'least-connections', upstream: 'policy: least_connections' },
  { name: 'two-choices', upstream: 'policy: two_choices' },
  { name: 'least-time', upstream: 'policy: least_time' },
  { name: 'hash', upstream: 'policy: hash, hash: { key: path }' },
  { name: 'sticky', upstream: 'sticky: { cookie: srv, secret: env:BENCH_SECRET }' },
  { name: 'passive', upstream: 'passive: { max_fails: 3, fail_timeout: 10s }' },
  { name: 'outlier', upstream: 'outlier: {}' },
  { name: 'retry', upstream: 'retry: { on: [connect, timeout], tries: 3, body: 16KiB }' },
  { name: 'client-ip', listener: 'client_ip: { trusted: [127.0.0.0/8] }, forwarded: both' },
];
