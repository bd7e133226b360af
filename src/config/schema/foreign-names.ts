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
    check: 'here it is health_check',
    proxy_connect_timeout: 'here it is connect_timeout',
    proxy_read_timeout: 'here it is response_timeout and idle_timeout',
    max_fails: 'here it is passive: { max_fails: ... }',
    fail_timeout: 'here it is passive: { fail_timeout: ... }',
    circuit_breaker: 'here it is outlier: { consecutive_errors: ..., trials: ... }',
    outlier_detection: 'here it is outlier',
    observe: 'here it is passive, or outlier',
    healthy_panic_threshold: 'here it is panic_threshold',
    inter: 'here it is interval',
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
  },
};

/** What a foreign key at this place is called here, or null. */
export function foreignName(key: string, path: ConfigPath): string | null {
  const section = bySection[String(path[0] ?? '')] ?? {};
  if (Object.hasOwn(everywhere, key)) return everywhere[key] ?? null;
  return Object.hasOwn(section, key) ? (section[key] ?? null) : null;
}
