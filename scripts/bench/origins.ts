/** The origins: one nginx that plays three of them, cheap enough never to be what is measured. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nginxBasics } from './nginx-basics.ts';
import type { Launch } from './pinned-process.ts';
import { originPaths, type Scenario } from './scenario.ts';

const KIB = 1024;

/** The bodies the origins answer with, by path. */
export const originBodies: Readonly<Record<Scenario['path'], Buffer>> = {
  [originPaths.small]: Buffer.from('hello world, this is a small response body\n'),
  [originPaths.page]: letters(4 * KIB),
  [originPaths['64k']]: letters(64 * KIB),
  [originPaths['1m']]: letters(1024 * KIB),
};

/** Writes the bodies and the configuration, and says how to start the origins on these ports. */
export function prepareOrigins(folder: string, ports: readonly number[]): Launch {
  const root = join(folder, 'bodies');
  mkdirSync(root);
  for (const [path, body] of Object.entries(originBodies)) writeFileSync(join(root, path), body);
  const file = join(folder, 'origins.conf');
  writeFileSync(file, originsConfig(folder, root, ports));
  return { argv: ['nginx', '-c', file, '-e', 'stderr'], ports };
}

/** Letters that repeat with a period no buffer size divides, so that a shifted copy shows. */
function letters(bytes: number): Buffer {
  return Buffer.alloc(bytes, 'abcdefghijklmnopqrstuvwxyz0123456789_');
}

function originsConfig(folder: string, root: string, ports: readonly number[]): string {
  const small = originBodies[originPaths.small].toString().replace('\n', '\\n');
  return `${nginxBasics(folder)}http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000000;
  sendfile on;
  open_file_cache max=16;
  default_type text/plain;
  server {
    ${ports.map((port) => `listen 127.0.0.1:${port};`).join(' ')}
    root ${root};
    location = ${originPaths.small} { return 200 "${small}"; }
    location = ${originPaths.page} {
      add_header Cache-Control "public, max-age=300";
      add_header Vary "Accept-Encoding, Cookie";
      add_header X-Content-Type-Options nosniff;
      add_header Strict-Transport-Security "max-age=31536000; includeSubDomains";
    }
  }
}
`;
}
