/** nginx as Debian ships it. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, isRealRoot } from '../../../testbed/lab/requirements.ts';
import type { Contender, Place } from '../contender.ts';
import { nginxBasics } from '../nginx-basics.ts';

/** How this nginx comes by its stream module; null when it has none. */
export type StreamModule = { readonly load: string | null } | null;

export const nginx: Contender = {
  name: 'nginx',
  ours: false,
  missing: () => (findProgram('nginx') === null ? 'apt-get install nginx-light' : null),
  version: () => `nginx ${/nginx\/(\S+)/.exec(build())?.[1] ?? 'of unknown version'}`,
  lacks(listener) {
    if (listener !== 'tcp' || streamHere() !== null) return null;
    return 'this nginx has no stream module (apt-get install libnginx-mod-stream)';
  },
  lacksWorkers: (workers) =>
    workers > 1 && !isRealRoot() ? 'its master process needs root of the machine' : null,
  prepare(place) {
    const file = join(place.folder, 'nginx.conf');
    writeFileSync(file, nginxConfig(place, streamHere()));
    return { argv: ['nginx', '-c', file, '-e', 'stderr'], ports: Object.values(place.listen) };
  },
};

/** Reads the output of `nginx -V`; `exists` says whether a file of a loadable module is there. */
export function streamModule(output: string, exists: (file: string) => boolean): StreamModule {
  const kind = /--with-stream(=dynamic)?(?:\s|$)/.exec(output);
  if (kind === null) return null;
  if (kind[1] === undefined) return { load: null };
  const folder = /--modules-path=(\S+)/.exec(output)?.[1] ?? '/usr/lib/nginx/modules';
  const load = join(folder, 'ngx_stream_module.so');
  return exists(load) ? { load } : null;
}

function streamHere(): StreamModule {
  return streamModule(build(), existsSync);
}

/** Connections of its own beside those to clients and, as many, to servers: listeners, spare ones. */
const SPARE = 256;

let cachedBuild: string | null = null;

function build(): string {
  cachedBuild ??= spawnSync('nginx', ['-V'], { encoding: 'utf8' }).stderr;
  return cachedBuild;
}

function nginxConfig(place: Place, stream: StreamModule): string {
  const { folder, listen, workers, connections } = place;
  const load = listen.tcp === undefined ? null : (stream?.load ?? null);
  const parts = [
    load === null ? '' : `load_module ${load};\n`,
    nginxBasics(folder, workers, 2 * connections + SPARE),
  ];
  const { tcp, ...http } = listen;
  if (Object.keys(http).length > 0) parts.push(httpPart(place));
  if (tcp !== undefined) parts.push(streamPart(place, tcp));
  return parts.join('');
}

function servers({ origins }: Place): string {
  return origins.map((port) => `server 127.0.0.1:${port};`).join(' ');
}

/** Bodies stay out of temporary files: the others pass them on without a disk, too. */
function httpPart(place: Place): string {
  const { http, https, h2, h2c } = place.listen;
  // Without it one worker accepts what the others are too late for.
  const share = place.workers > 1 ? ' reuseport' : '';
  const secured = https !== undefined || h2 !== undefined;
  const ports = [
    ...(http === undefined ? [] : [`listen 127.0.0.1:${http}${share};`]),
    ...(https === undefined ? [] : [`listen 127.0.0.1:${https} ssl${share};`]),
    ...(h2c === undefined ? [] : [`listen 127.0.0.1:${h2c} http2;`]),
    ...(h2 === undefined ? [] : [`listen 127.0.0.1:${h2} ssl http2;`]),
    ...(secured ? [tlsPart(place)] : []),
  ];
  return `http {
  access_log off;
  client_body_temp_path ${place.folder}/body;
  proxy_temp_path ${place.folder}/proxy;
  fastcgi_temp_path ${place.folder}/fastcgi;
  uwsgi_temp_path ${place.folder}/uwsgi;
  scgi_temp_path ${place.folder}/scgi;
  keepalive_requests 1000000000;
  upstream b { ${servers(place)} keepalive 256; keepalive_requests 1000000000; }
${cachedPart(place)}  server {
    ${ports.join('\n    ')}
    location / {
      proxy_pass http://b;
      proxy_http_version 1.1;
      proxy_max_temp_file_size 0;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`;
}

/** What it has fetched once stays in the page cache: its files are read from memory. */
function cachedPart({ folder, listen }: Place): string {
  if (listen.cached === undefined) return '';
  return `  proxy_cache_path ${folder}/cache keys_zone=hits:1m max_size=64m inactive=1h;
  server {
    listen 127.0.0.1:${listen.cached};
    location / {
      proxy_pass http://b;
      proxy_cache hits;
      proxy_cache_valid 200 1h;
      proxy_ignore_headers Cache-Control Expires Set-Cookie;
    }
  }
`;
}

/** Every connection without `Connection: keep-alive` is to cost a full handshake. */
function tlsPart({ certificate }: Place): string {
  return `ssl_certificate ${certificate.certificate};
    ssl_certificate_key ${certificate.key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_tickets off;
    ssl_session_cache off;`;
}

function streamPart(place: Place, port: number): string {
  return `stream {
  upstream s { ${servers(place)} }
  server { listen 127.0.0.1:${port}; proxy_pass s; tcp_nodelay on; }
}
`;
}
