/** nginx and HAProxy from Debian as one edge's balancer, configured as an administrator would. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, LabProcess } from '../host.ts';
import type { ProbeMode } from '../prober.ts';
import type { PairSettings } from './stack.ts';

export interface BalancerProgram {
  readonly program: 'nginx' | 'haproxy';
  readonly processes: RegExp;
  /** The signals for an orderly end, and to have another config read, of the process that was started. */
  readonly stopSignal: NodeJS.Signals;
  readonly reloadSignal: NodeJS.Signals;
  /** Debian's plain nginx has no stream module, and HAProxy balances no UDP. */
  readonly modes: readonly ProbeMode[];
  /** Writes its config. */
  configure(host: Host, origins: readonly string[], variant: number): void;
  start(host: Host, env?: PairSettings['env']): LabProcess;
}

export const nginxBalancer: BalancerProgram = {
  program: 'nginx',
  processes: /(^|\/| )nginx[: ]/,
  stopSignal: 'SIGQUIT',
  reloadSignal: 'SIGHUP',
  modes: ['http', 'keepalive', 'websocket'],
  configure: (host, origins, variant) =>
    writeFileSync(join(host.folder, 'nginx.conf'), nginxConfig(host, origins, variant)),
  start: (host, env) =>
    host.spawn(['nginx', '-c', join(host.folder, 'nginx.conf'), '-e', 'stderr'], { env }),
};

export const haproxyBalancer: BalancerProgram = {
  program: 'haproxy',
  processes: /(^|\/)haproxy /,
  stopSignal: 'SIGUSR1',
  reloadSignal: 'SIGUSR2',
  modes: ['http', 'keepalive', 'websocket', 'tcp'],
  configure: (host, origins, variant) =>
    writeFileSync(join(host.folder, 'haproxy.cfg'), haproxyConfig(origins, variant)),
  start: (host, env) =>
    host.spawn(['haproxy', '-W', '-db', '-f', join(host.folder, 'haproxy.cfg')], { env }),
};

function nginxConfig(host: Host, origins: readonly string[], variant: number): string {
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
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream web { ${servers.join(' ')} keepalive 32; }
  server {
    listen 80;
    listen [::]:80;
    location / {
      proxy_pass http://web;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_connect_timeout ${500 + variant}ms;
    }
  }
}
`;
}

function haproxyConfig(origins: readonly string[], variant: number): string {
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
  timeout connect ${500 + variant}ms
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
