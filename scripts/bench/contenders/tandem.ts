/** Tandem as built in this checkout, one worker thread. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender, Place } from '../contender.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const LAUNCHER = join(ROOT, 'dist', 'src', 'cli', 'launcher.js');

/** Tandem with the engine that `proxy.io` names. */
export function tandem(name: string, io: 'auto' | 'net'): Contender {
  return {
    name,
    ours: true,
    missing: () => (existsSync(LAUNCHER) ? null : 'Tandem is not built (npm run build)'),
    version() {
      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
      return `Tandem ${version} on Node ${process.version}, io: ${io}`;
    },
    lacks: () => null,
    prepare(place) {
      const file = join(place.folder, 'tandem.yaml');
      writeFileSync(file, tandemConfig(place, io));
      return {
        argv: [process.execPath, LAUNCHER, 'proxy', '-c', file],
        env: { TANDEM_RUNTIME_DIR: join(place.folder, 'run') },
        ports: Object.values(place.listen),
      };
    },
  };
}

function tandemConfig({ listen, origins }: Place, io: string): string {
  const servers = origins.map((port) => `{ address: "127.0.0.1:${port}" }`).join(', ');
  const listeners = [];
  if (listen.http !== undefined) {
    listeners.push(
      `  http: { bind: ["127.0.0.1:${listen.http}"], protocol: http, routes: [{ upstream: b }] }`,
    );
  }
  if (listen.tcp !== undefined) {
    listeners.push(`  tcp: { bind: ["127.0.0.1:${listen.tcp}"], protocol: tcp, upstream: b }`);
  }
  return `upstreams:
  b: { servers: [${servers}] }
listeners:
${listeners.join('\n')}
proxy: { workers: 1, io: ${io} }
`;
}
