/** HAProxy as Debian ships it. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../../testbed/lab/requirements.ts';
import type { Contender, Place } from '../contender.ts';

export const haproxy: Contender = {
  name: 'haproxy',
  ours: false,
  missing: () => (findProgram('haproxy') === null ? 'apt-get install haproxy' : null),
  version() {
    const { stdout } = spawnSync('haproxy', ['-v'], { encoding: 'utf8' });
    return `HAProxy ${/version (\d+(?:\.\d+)+)/.exec(stdout)?.[1] ?? 'of unknown version'}`;
  },
  lacks: () => null,
  lacksWorkers: () => null,
  prepare(place) {
    const file = join(place.folder, 'haproxy.cfg');
    if (place.listen.https !== undefined || place.listen.h2 !== undefined)
      writeFileSync(bundleOf(place), bundle(place));
    writeFileSync(file, haproxyConfig(place));
    return { argv: ['haproxy', '-db', '-f', file], ports: Object.values(place.listen) };
  },
};

/** HAProxy wants both in one file. */
function bundleOf({ folder }: Place): string {
  return join(folder, 'bundle.pem');
}

function bundle({ certificate }: Place): string {
  return readFileSync(certificate.certificate, 'utf8') + readFileSync(certificate.key, 'utf8');
}

function haproxyConfig(place: Place): string {
  const { listen, origins } = place;
  const servers = origins.map((port, index) => `  server o${index} 127.0.0.1:${port}`).join('\n');
  const parts = [
    `global
  nbthread ${place.workers}
  maxconn ${place.connections}
  no strict-limits
  tune.ssl.cachesize 0
defaults
  timeout client 60s
  timeout server 60s
  timeout connect 5s
`,
  ];
  const https = `ssl crt ${bundleOf(place)} ssl-min-ver TLSv1.2 no-tls-tickets`;
  const binds = [
    { scheme: 'http', port: listen.http, more: '' },
    { scheme: 'https', port: listen.https, more: ` ${https}` },
    { scheme: 'http', port: listen.h2c, more: ' proto h2' },
    { scheme: 'https', port: listen.h2, more: ` ${https} alpn h2` },
  ];
  for (const [index, { scheme, port, more }] of binds.entries()) {
    if (port === undefined) continue;
    parts.push(`listen ${scheme}-${index}
  mode http
  bind 127.0.0.1:${port}${more}
  option forwardfor
  http-request set-header X-Forwarded-Proto ${scheme}
  http-reuse always
${servers}
`);
  }
  if (listen.cached !== undefined) {
    parts.push(`cache hits
  total-max-size 64
  max-age 3600
listen cached
  mode http
  bind 127.0.0.1:${listen.cached}
  http-request cache-use hits
  http-response cache-store hits
  http-reuse always
${servers}
`);
  }
  if (listen.tcp !== undefined) {
    parts.push(`listen tcp
  mode tcp
  bind 127.0.0.1:${listen.tcp}
${servers}
`);
  }
  return parts.join('');
}
