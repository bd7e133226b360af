import type { IncomingMessage, Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { AdminConfig } from '../config/admin-config.ts';
import type { AgentReport } from '../control/agent-report.ts';
import type { BalancerReport } from '../control/balancer-report.ts';
import { ask } from '../control/client.ts';
import { createControlServer, json, type Reply, type Routes, text } from '../control/server.ts';
import type { Logger } from '../log/logger.ts';
import { StartupError } from '../processes/startup-error.ts';
import { SOCKETS } from '../runtime/runtime-dir.ts';
import { admitLoopback, admitToken, networkGate } from './admit.ts';
import { detailedHealth } from './detailed-health.ts';
import { stubStatus } from './stub-status.ts';

/** At most a line so often about requests and connections that were refused, ms. */
const REFUSALS_EVERY_MS = 10_000;

/** What the admin listener asks of the balancer it lives in. */
export interface AdminSource {
  status(): unknown;
  /** The same; null while the balancer starts. */
  report(): BalancerReport | null;
  readiness(): {
    readonly ready: boolean;
    readonly reasons: readonly string[];
    /** What is wrong although it may be ready. */
    readonly warnings?: readonly string[];
  };
  metrics(): Promise<string>;
}

/**
 * The operator's HTTP view of this host, both halves merged: the balancer's part comes from this
 * process, the agent's from its control socket. A plain balancer has no agent to ask.
 */
export async function startAdmin(
  config: AdminConfig,
  source: AdminSource,
  options: { runtimeDir: string; hasAgent: boolean; log: Logger },
): Promise<{ port: number; close(): void }> {
  const { bind, tls, token } = config;
  const { log } = options;
  const refusals = new Refusals(log);
  const scheme = tls === null ? 'http' : 'https';
  const gate = { open: openRoutes(source), onRefused: refusals.note, scheme } as const;
  const admit = token === null ? admitLoopback : admitToken(token, gate);
  const server = createControlServer(adminRoutes(source, options), log, {
    admit,
    tls: tls !== null,
  });
  const mayConnect = networkGate(config.allow);
  server.on('connection', (socket: Socket) => {
    if (mayConnect(socket.remoteAddress)) return;
    refusals.note({ socket });
    socket.destroy();
  });
  const forget = tls === null ? () => {} : await certified(server, tls, log);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : (error.code ?? error);
      reject(new StartupError(`admin: cannot listen on ${bind.host} port ${bind.port}: ${reason}`));
    });
    // [::] is not 0.0.0.0, as with the listeners.
    server.listen({ port: bind.port, host: bind.host, ipv6Only: true }, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : bind.port;
  return {
    port,
    close() {
      forget();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What somebody without the token is told: whether this host is up, and nothing of what is behind it. */
function openRoutes(source: AdminSource): Routes {
  return {
    '/health/live': () => text('live\n'),
    '/health/ready': () => (source.readiness().ready ? text('ready\n') : text('not ready\n', 503)),
  };
}

async function certified(server: Server, tls: NonNullable<AdminConfig['tls']>, log: Logger) {
  const { keepCertificate } = await import('./admin-certificate.ts');
  return keepCertificate(server as HttpsServer, tls, log);
}

/** Who was refused, in the log: the first at once, then a line for all of ten seconds. */
class Refusals {
  readonly #log: Logger;
  #count = 0;
  #silentUntilMs = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  readonly note = ({ socket }: Pick<IncomingMessage, 'socket'>): void => {
    this.#count++;
    const now = performance.now();
    if (now < this.#silentUntilMs) return;
    this.#silentUntilMs = now + REFUSALS_EVERY_MS;
    const [from, count] = [socket.remoteAddress ?? 'somebody', this.#count];
    this.#log.warn({ from, count }, `admin: refused ${from} (${count} since the last such line)`);
    this.#count = 0;
  };
}

function adminRoutes(
  source: AdminSource,
  { runtimeDir, hasAgent }: { runtimeDir: string; hasAgent: boolean },
): Routes {
  const agent = (path: string): Promise<string | null> =>
    hasAgent
      ? ask(join(runtimeDir, SOCKETS.keepalive), path).then(
          (answer) => answer.body,
          () => null,
        )
      : Promise.resolve(null);
  return {
    '/': () =>
      text('Tandem: /health/live /health/ready /health/detailed /status /stub_status /metrics\n'),
    '/health/live': () => text('live\n'),
    '/health/ready': (): Reply => {
      const { ready, reasons, warnings = [] } = source.readiness();
      const lines = [ready ? 'ready' : 'not ready', ...reasons, ...warnings];
      return text(`${lines.join('\n')}\n`, ready ? 200 : 503);
    },
    '/health/detailed': async () => {
      const body = hasAgent ? await agent('/status') : undefined;
      const report = body == null ? body : agentReportOf(body);
      return json(detailedHealth(source.report(), report), source.readiness().ready ? 200 : 503);
    },
    '/stub_status': () => {
      const report = source.report();
      return report === null ? text('the balancer is starting\n', 503) : text(stubStatus(report));
    },
    '/status': async () => {
      const body = await agent('/status');
      return json({ keepalive: body === null ? null : JSON.parse(body), proxy: source.status() });
    },
    '/metrics': async () => text(`${await source.metrics()}${(await agent('/metrics')) ?? ''}`),
  };
}

/** An agent that is starting answers, and has nothing to report. */
function agentReportOf(body: string): AgentReport | null {
  const report: Partial<AgentReport> = JSON.parse(body);
  return report.routers === undefined ? null : (report as AgentReport);
}
