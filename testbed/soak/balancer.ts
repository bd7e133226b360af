/** The balancer of the soak, seen from outside: memory, descriptors, and what it says of itself. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../scripts/bench/ports.ts';
import type { BalancerReport } from '../../src/control/balancer-report.ts';
import { ask } from '../../src/control/client.ts';
import { NODE_FLAGS } from '../../src/processes/node-flags.ts';
import { Program } from '../differential/program.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'dist', 'src', 'cli', 'launcher.js');

/** One look. */
export interface Sample {
  readonly atMs: number;
  readonly residentBytes: number;
  readonly descriptors: number;
}

/** What is under way in the balancer. */
export interface Standing {
  readonly open: number;
  readonly inFlight: number;
  readonly requests: number;
  readonly accepted: number;
  /** Of io_uring's memory, over all workers; 0 on node:net. */
  readonly buffers: number;
}

/** A running balancer process. */
export class SoakedBalancer {
  readonly port: number;
  readonly #program: Program;
  readonly #socket: string;

  private constructor(port: number, program: Program, socket: string) {
    this.port = port;
    this.#program = program;
    this.#socket = socket;
  }

  /** Starts it in `folder` before these origins, with timeouts short enough to be met often. */
  static async start(
    folder: string,
    origins: readonly number[],
    io: string,
  ): Promise<SoakedBalancer> {
    const [port] = (await freePorts(1)) as [number];
    const runtime = join(folder, 'run');
    mkdirSync(runtime, { recursive: true });
    const servers = origins.map((one) => `{ address: "127.0.0.1:${one}" }`).join(', ');
    const file = join(folder, 'tandem.yaml');
    writeFileSync(
      file,
      `upstreams:
  origin: { servers: [${servers}], response_timeout: 300ms, idle_timeout: 300ms, connect_timeout: 300ms }
listeners:
  http:
    bind: ["127.0.0.1:${port}"]
    protocol: http
    routes: [{ match: { path: /own }, respond: ready }, { upstream: origin }]
    limits: { head_timeout: 500ms, idle_timeout: 500ms, keepalive_timeout: 500ms }
proxy: { workers: 1, io: ${io} }
log: { level: error }
`,
    );
    const argv = [process.execPath, ...NODE_FLAGS.proxy, LAUNCHER, 'proxy', '-c', file] as const;
    const program = await Program.start('tandem', argv, [port], { TANDEM_RUNTIME_DIR: runtime });
    return new SoakedBalancer(port, program, join(runtime, 'proxy.sock'));
  }

  /** Memory and descriptors now. Throws when the process is gone. */
  sample(): Sample {
    this.#program.assertAlive();
    const proc = `/proc/${this.#program.pid}`;
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`${proc}/status`, 'utf8'))?.[1];
    return {
      atMs: performance.now(),
      residentBytes: Number(kilobytes) * 1024,
      descriptors: readdirSync(`${proc}/fd`).length,
    };
  }

  /** What its status says. */
  async standing(): Promise<Standing> {
    const { body } = await ask(this.#socket, '/status');
    const { listeners, upstreams, workers } = JSON.parse(body) as BalancerReport;
    const totals = listeners[0]!.totals;
    const servers = upstreams.flatMap((upstream) => upstream.servers);
    return {
      open: totals.open,
      requests: totals.requests,
      accepted: totals.accepted,
      buffers: workers.reduce((sum, worker) => sum + (worker.buffers ?? 0), 0),
      inFlight: servers.reduce((sum, server) => sum + server.totals.inFlight, 0),
    };
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }
}
