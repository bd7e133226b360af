import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../scripts/bench/ports.ts';
import { Program } from './program.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'dist', 'src', 'cli', 'launcher.js');

/** A Tandem balancer as built in this checkout. */
export interface RunningTandem {
  readonly program: Program;
  readonly port: number;
  /** A listener that forwards paths as they came. */
  readonly rawPort: number;
}

/** Why it cannot be started; null when it can. */
export function missingTandem(): string | null {
  return existsSync(LAUNCHER) ? null : 'Tandem is not built (npm run build)';
}

/** Starts it in `folder` before an origin on `originPort`, soon tired of a silent one. */
export async function startTandem(folder: string, originPort: number): Promise<RunningTandem> {
  const [port, rawPort] = (await freePorts(2)) as [number, number];
  const file = join(folder, 'tandem.yaml');
  const runtime = join(folder, 'run');
  mkdirSync(runtime, { recursive: true });
  writeFileSync(
    file,
    `upstreams:
  origin:
    servers: [{ address: "127.0.0.1:${originPort}" }]
    response_timeout: 500ms
    idle_timeout: 500ms
listeners:
  http: { bind: ["127.0.0.1:${port}"], protocol: http, routes: [{ upstream: origin }] }
  raw:
    bind: ["127.0.0.1:${rawPort}"]
    protocol: http
    routes: [{ upstream: origin, raw_path: true }]
proxy: { workers: 1 }
log: { level: warn }
`,
  );
  const argv = [process.execPath, LAUNCHER, 'proxy', '-c', file] as const;
  const program = await Program.start('tandem', argv, [port, rawPort], {
    TANDEM_RUNTIME_DIR: runtime,
  });
  return { program, port, rawPort };
}
