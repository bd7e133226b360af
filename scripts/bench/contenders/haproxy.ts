/** HAProxy as Debian ships it, one thread. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
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
  prepare(place) {
    const file = join(place.folder, 'haproxy.cfg');
    writeFileSync(file, haproxyConfig(place));
    return { argv: ['haproxy', '-db', '-f', file], ports: Object.values(place.listen) };
  },
};

function haproxyConfig({ listen, origins }: Place): string {
  const servers = origins.map((port, index) => `  server o${index} 127.0.0.1:${port}`).join('\n');
  const parts = [
    `global
  nbthread 1
  maxconn 8192
defaults
  timeout client 60s
  timeout server 60s
  timeout connect 5s
`,
  ];
  if (listen.http !== undefined) {
    parts.push(`listen http
  mode http
  bind 127.0.0.1:${listen.http}
  option forwardfor
  http-request set-header X-Forwarded-Proto http
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
