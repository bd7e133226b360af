/** Keys that operators of nginx, HAProxy and keepalived write out of habit. */
import type { ConfigPath } from '../problem.ts';

const everywhere: Readonly<Record<string, string>> = {
  '<<': 'merge keys are YAML 1.1; repeat the keys or use a whole alias',
};

/** Foreign key by section of the file, with what Tandem calls it. */
const bySection: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': {
    vrrp_instance: 'here it is virtual_routers',
    vrrp_script: 'here it is health_scripts',
    upstream: 'here it is upstreams',
    backend: 'here it is upstreams',
    backends: 'here it is upstreams',
    server: 'here it is listeners',
    frontend: 'here it is listeners',
    frontends: 'here it is listeners',
  },
  virtual_routers: {
    virtual_router_id: 'here it is vrid',
    virtual_ipaddress: 'here it is addresses',
    advert_int: 'here it is advert_interval, with a unit',
    nopreempt: 'here it is preempt: false',
    track_script: 'here it is track: { scripts: [...] }',
    track_interface: 'here it is track: { interfaces: [...] }',
    track_file: 'here it is track: { files: ... }',
    track_process: 'here it is track: { processes: ... }',
    vrrp_version: 'here it is version',
    state: 'the priorities decide; there is no initial state',
  },
  health_scripts: { script: 'here it is command, a list' },
  upstreams: {
    balance: 'here it is policy',
    algorithm: 'here it is policy',
    least_conn: 'here it is policy: least_connections',
    random: 'here it is policy: two_choices',
    check: 'here it is health_check of the upstream',
    httpchk: 'here it is health_check: { http: ... } of the upstream',
    path: 'here it is health_check: { http: { path: ... } }',
    proxy_connect_timeout: 'here it is connect_timeout',
    proxy_read_timeout: 'here it is response_timeout and idle_timeout',
    proxy_send_timeout: 'here it is idle_timeout',
    timeout: 'here it is connect_timeout, response_timeout and idle_timeout of the upstream',
    proxy_next_upstream: 'here it is retry: { on: ..., status: ... }',
    proxy_next_upstream_tries: 'here it is retry: { tries: ... }',
    proxy_next_upstream_timeout: 'here it is retry: { timeout: ... }',
    retries: 'here it is retry: { tries: ... }',
    maxconn: 'here it is max_connections of a server',
    max_conns: 'here it is max_connections of a server',
    cookie: 'here it is sticky: { cookie: ... } of the upstream',
    zone: 'all workers share their counts anyway; leave it out',
    max_fails: 'here it is passive: { max_fails: ... }',
    fail_timeout: 'here it is passive: { fail_timeout: ... }',
    circuit_breaker: 'here it is outlier: { consecutive_errors: ..., trials: ... }',
    outlier_detection: 'here it is outlier',
    observe: 'here it is passive, or outlier',
    healthy_panic_threshold: 'here it is panic_threshold',
    inter: 'here it is health_check: { interval: ... } of the upstream',
  },
  rate_limits: {
    zone: 'here it is key, and keys for how many there may be',
    nodelay: 'here it is mode: nodelay',
    delay: 'here it is mode: { delay_after: N }',
  },
  listeners: {
    limit_req: 'here it is rate_limits, a list of names',
    limit_conn: 'here it is limits: { connections_per_source: ... } or concurrency_limits',
    listen: 'here it is bind',
    mode: 'here it is protocol',
    location: 'here it is routes',
    locations: 'here it is routes',
    server_name: 'here it is routes: [{ match: { host: ... } }]',
    upstream: 'an http listener has routes: [{ upstream: NAME }]',
    routes: 'a tcp listener has upstream: NAME',
    proxy_protocol: 'here it is accept_proxy: { from: [NETWORK] }',
    ssl_preread: 'here it is tls_routes: [{ sni: NAME, upstream: NAME }]',
    proxy_pass: 'here it is upstream',
    backend: 'here it is upstream',
    default_backend: 'here it is upstream',
    maxconn: 'here it is limits: { connections: ... }',
    client_max_body_size: 'here it is limits: { body: ... }',
    client_header_timeout: 'here it is limits: { head_timeout: ... }',
    client_body_timeout: 'here it is limits: { idle_timeout: ... }',
    large_client_header_buffers: 'here it is limits: { head: ... }',
    timeout: 'here they are limits: { head_timeout: ..., idle_timeout: ... }',
    timeouts: 'here they are limits: { head_timeout: ..., idle_timeout: ... }',
    real_ip_header: 'here it is client_ip: { header: ... }',
    set_real_ip_from: 'here it is client_ip: { trusted: [NETWORK] }',
    log_format: 'here it is access_log: { format: ... }',
    ssl: 'TLS is only passed through yet: protocol: tcp, with tls_routes',
    tls: 'TLS is only passed through yet: protocol: tcp, with tls_routes',
    ssl_certificate: 'TLS is only passed through yet: protocol: tcp, with tls_routes',
  },
};

/** What a foreign key at this place is called here, or null. */
export function foreignName(key: string, path: ConfigPath): string | null {
  const section = bySection[String(path[0] ?? '')] ?? {};
  if (Object.hasOwn(everywhere, key)) return everywhere[key] ?? null;
  return Object.hasOwn(section, key) ? (section[key] ?? null) : null;
}
