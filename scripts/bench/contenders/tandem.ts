/** Tandem as built in this checkout. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_FLAGS } from '../../../src/processes/node-flags.ts';
import type { Contender, Place } from '../contender.ts';
import { FEATURES_OFF, type Feature } from '../features.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const LAUNCHER = join(ROOT, 'dist', 'src', 'cli', 'launcher.js');

/** Of `limits.connections`. */
const CONNECTIONS_DEFAULT = 10_000;

/** Tandem with the engine that `proxy.io` names; `ours` as in Contender. */
export function tandem(
  name: string,
  io: 'auto' | 'net' | 'uring',
  feature: Feature = FEATURES_OFF,
  ours = true,
): Contender {
  return {
    name,
    ours,
    missing: () => (existsSync(LAUNCHER) ? null : 'Tandem is not built (npm run build)'),
    version() {
      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
      return `Tandem ${version} on Node ${process.version}, io: ${io}`;
    },
    lacks: () => null,
    lacksWorkers: () => null,
    prepare(place) {
      const file = join(place.folder, 'tandem.yaml');
      writeFileSync(file, tandemConfig(place, io, feature));
      return {
        argv: [process.execPath, ...NODE_FLAGS.proxy, LAUNCHER, 'proxy', '-c', file],
        env: { TANDEM_RUNTIME_DIR: join(place.folder, 'run'), BENCH_SECRET: 'x'.repeat(32) },
        ports: Object.values(place.listen),
      };
    },
  };
}

/** The configuration with that feature on. */
export function tandemConfig(
  { listen, origins, certificate, workers, connections }: Place,
  io: string,
  feature: Feature,
): string {
  const more = (text: string | undefined) => (text === undefined ? '' : `, ${text}`);
  const many = connections > CONNECTIONS_DEFAULT ? `limits: { connections: ${connections} }` : '';
  const servers = origins.map((port) => `{ address: "127.0.0.1:${port}" }`).join(', ');
  const listeners = [];
  const routes = `routes: [{ upstream: b${more(feature.route)} }]`;
  if (listen.http !== undefined) {
    const http = `bind: ["127.0.0.1:${listen.http}"], protocol: http, ${routes}${more(many || undefined)}`;
    listeners.push(`  http: { ${http}${more(feature.listener)} }`);
  }
  if (listen.h2c !== undefined) {
    const h2c = `bind: ["127.0.0.1:${listen.h2c}"], protocol: http, http2: cleartext, ${routes}`;
    listeners.push(`  h2c: { ${h2c}${more(feature.listener)} }`);
  }
  const files = `certificate: ${certificate.certificate}, key: ${certificate.key}`;
  const tls = `tls: { certificates: [{ ${files} }], session_tickets: false }`;
  if (listen.h2 !== undefined) {
    const h2 = `bind: ["127.0.0.1:${listen.h2}"], protocol: http, ${routes}, ${tls}`;
    listeners.push(`  h2: { ${h2}${more(feature.listener)} }`);
  }
  if (listen.https !== undefined) {
    const https = `bind: ["127.0.0.1:${listen.https}"], protocol: http, ${routes}, ${tls}`;
    listeners.push(`  https: { ${https}${more(feature.listener)} }`);
  }
  if (listen.cached !== undefined) {
    const kept = 'cache: { store: hits, ttl: { 200: 1h }, override: true, status_header: false }';
    const cached = `routes: [{ upstream: b, ${kept}${more(feature.route)} }]`;
    const http = `bind: ["127.0.0.1:${listen.cached}"], protocol: http, ${cached}`;
    listeners.push(`  cached: { ${http}${more(feature.listener)} }`);
  }
  if (listen.tcp !== undefined) {
    listeners.push(`  tcp: { bind: ["127.0.0.1:${listen.tcp}"], protocol: tcp, upstream: b }`);
  }
  return `upstreams:
  b: { servers: [${servers}]${more(feature.upstream)} }
${feature.top ?? ''}
${listen.cached === undefined ? '' : 'caches: { hits: { memory: 64MiB } }'}
listeners:
${listeners.join('\n')}
proxy: { workers: ${workers}, io: ${io} }
`;
}
