/** nginx and HAProxy from Debian as one edge's balancer, configured as an administrator would. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, LabProcess } from '../host.ts';

export interface BalancerProgram {
  readonly program: 'nginx' | 'haproxy';
  readonly processes: RegExp;
  /** The signal for an orderly end. */
  readonly stopSignal: NodeJS.Signals;
  /** Debian's plain nginx has no stream module. */
  readonly tcp: boolean;
  start(host: Host, origins: readonly string[]): LabProcess;
}

export const nginxBalancer: BalancerProgram = {
  program: 'nginx',
  processes: /(^|\/| )nginx[: ]/,
  stopSignal: 'SIGQUIT',
  tcp: false,
  start(host, origins) {
    const file = join(host.folder, 'nginx.conf');
    writeFileSync(file, nginxConfig(host, origins));
    return host.spawn(['nginx', '-c', file, '-e', 'stderr']);
  },
};

export const haproxyBalancer: BalancerProgram = {
  program: 'haproxy',
  processes: /(^|\/)haproxy /,
  stopSignal: 'SIGUSR1',
  tcp: true,
  start(host, origins) {
    const file = join(host.folder, 'haproxy.cfg');
    writeFileSync(file, haproxyConfig(origins));
    return host.spawn(['haproxy', '-W', '-db', '-f', file]);
  },
};

function nginxConfig(host: Host, origins: readonly string[]): string {
  const servers = origins.map((origin) => `server ${origin}:80 max_fails=1 fail_timeout=1s;`);
  return `
worker_processes 1;
daemon off;
user root;
pid ${host.folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  upstream web { ${servers.join(' ')} keepalive 32; }
  server {
    listen 80;
    listen [::]:80;
    location / {
      proxy_pass http://web;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_connect_timeout 500ms;
    }
  }
}
`;
}

function haproxyConfig(origins: readonly string[]): string {
  const servers = (port: number) =>
    origins
      .map((origin, index) => `  server origin-${index + 1} ${origin}:${port} check inter 1s`)
      .join('\n');
  return `
global
  nbthread 1
  maxconn 8000
defaults
  timeout client 60s
  timeout server 60s
  timeout connect 500ms
listen web
  mode http
  bind :80
  bind :::80 v6only
  http-reuse safe
${servers(80)}
listen echo
  mode tcp
  bind :7
  bind :::7 v6only
${servers(7)}
`;
}
