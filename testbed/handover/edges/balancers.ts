/** nginx and HAProxy from Debian, configured as an administrator would, with TLS and TCP. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../lab/host.ts';
import type { PairSettings } from './edge.ts';

/** Where Debian's package libnginx-mod-stream puts it. */
const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

export interface Balancer {
  readonly program: 'nginx' | 'haproxy';
  /** What its unit stops it with, and for how long it waits before it kills, ms. */
  readonly stop: { readonly signal: NodeJS.Signals; readonly graceMs: number };
  missing(): readonly string[];
  /** Writes the configuration and returns the command line. */
  prepare(host: Host, settings: PairSettings): readonly string[];
}

export const nginx: Balancer = {
  program: 'nginx',
  // ExecStop of Debian's nginx.service: start-stop-daemon --retry QUIT/5.
  stop: { signal: 'SIGQUIT', graceMs: 5_000 },
  missing: () =>
    existsSync(STREAM_MODULE)
      ? []
      : ["nginx's stream module (apt-get install libnginx-mod-stream)"],
  prepare(host, settings) {
    const file = join(host.folder, 'nginx.conf');
    writeFileSync(file, nginxConfig(host, settings));
    return ['nginx', '-c', file, '-e', 'stderr'];
  },
};

export const haproxy: Balancer = {
  program: 'haproxy',
  // Debian's haproxy.service: systemd's own SIGTERM, KillMode=mixed.
  stop: { signal: 'SIGTERM', graceMs: 5_000 },
  missing: () => [],
  prepare(host, settings) {
    const file = join(host.folder, 'haproxy.cfg');
    const both = join(host.folder, 'site.pem');
    writeFileSync(both, `${readFileSync(settings.certificate)}${readFileSync(settings.key)}`);
    writeFileSync(file, haproxyConfig(settings, both));
    return ['haproxy', '-W', '-db', '-f', file];
  },
};

function nginxConfig(host: Host, { origins, certificate, key }: PairSettings): string {
  const servers = (port: number) =>
    origins.map((it) => `server ${it}:${port} max_fails=1 fail_timeout=1s;`).join(' ');
  return `
load_module ${STREAM_MODULE};
worker_processes 2;
daemon off;
user root;
pid ${host.folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream web { ${servers(80)} keepalive 32; }
  keepalive_requests 1000000;
  client_max_body_size 0;
  client_body_temp_path ${host.folder}/body;
  proxy_temp_path ${host.folder}/proxy;
  server {
    listen 80;
    listen [::]:80;
    listen 443 ssl http2;
    listen [::]:443 ssl http2;
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    location / {
      proxy_pass http://web;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_connect_timeout 500ms;
      proxy_read_timeout 1h;
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
    }
  }
}
stream {
  upstream echo { ${servers(7)} }
  server {
    listen 7;
    listen [::]:7;
    proxy_pass echo;
  }
}
`;
}

function haproxyConfig({ origins }: PairSettings, certificate: string): string {
  const servers = (port: number) =>
    origins
      .map((origin, index) => `  server origin-${index + 1} ${origin}:${port} check inter 1s`)
      .join('\n');
  return `
global
  maxconn 8000
  nbthread 2
defaults
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
  timeout connect 500ms
listen web
  mode http
  bind :80
  bind :::80 v6only
  bind :443 ssl crt ${certificate} alpn h2,http/1.1
  bind :::443 v6only ssl crt ${certificate} alpn h2,http/1.1
  http-reuse safe
${servers(80)}
listen echo
  mode tcp
  bind :7
  bind :::7 v6only
${servers(7)}
`;
}
