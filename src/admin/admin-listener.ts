import type { IncomingMessage, Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { CertificateStatus, Traffic } from '../../proxy/index.ts';
import type { AdminConfig } from '../config/admin-config.ts';
import type { AgentReport } from '../control/agent-report.ts';
import type { BalancerReport } from '../control/balancer-report.ts';
import { ask } from '../control/client.ts';
import { createControlServer, json, type Reply, type Routes, text } from '../control/server.ts';
import type { Logger } from '../log/logger.ts';
import { StartupError } from '../processes/startup-error.ts';
import { SOCKETS } from '../runtime/runtime-dir.ts';
import { tandemVersion } from '../runtime/version.ts';
import { admission, type Gate, networkGate, TokenDesk } from './admit.ts';
import { dashboardPath, dashboardRoutes } from './dashboard/assets.ts';
import { Feed } from './dashboard/feed.ts';
import { detailedHealth } from './detailed-health.ts';
import { adminOrders } from './orders.ts';
import { stubStatus } from './stub-status.ts';

/** At most a line so often about requests and connections that were refused, ms. */
const REFUSALS_EVERY_MS = 10_000;
/** The dashboard goes on without the agent's answer after so long, ms. */
const AGENT_WAIT_MS = 1_000;

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
  /** What came in since the start; null while the balancer starts. */
  traffic(): Traffic | null;
  /** `POST /servers` of the balancer's control socket. */
  orderServers(query: URLSearchParams): Reply;
}

/** Where and what this host is. */
export interface AdminOptions {
  readonly runtimeDir: string;
  readonly hasAgent: boolean;
  /** How the host is called. */
  readonly host: string;
  readonly log: Logger;
}

/** A listener that answers. */
export interface RunningAdmin {
  readonly port: number;
  /** Null: it speaks plain HTTP. */
  certificate(): CertificateStatus | null;
  /** Other tokens, networks or certificate files, at the same place, TLS as before; clients connect anew. */
  update(config: AdminConfig): Promise<void>;
  close(): void;
}

/**
 * The operator's HTTP view of this host, both halves merged: the balancer's part comes from this
 * process, the agent's from its control socket. A plain balancer has no agent to ask. Throws StartupError
 * when it cannot listen.
 */
export async function startAdmin(
  config: AdminConfig,
  source: AdminSource,
  options: AdminOptions,
): Promise<RunningAdmin> {
  const { bind, tls } = config;
  const { log } = options;
  const refusals = new Refusals(log);
  // What `update` changes.
  const held = { tokens: new TokenDesk(config), mayConnect: networkGate(config.allow) };
  const agent = new AgentSocket(options);
  const pages = dashboardRoutes();
  const feed = new Feed({
    source: {
      traffic: () => source.traffic(),
      report: () => source.report(),
      agent: () => agent.report(AGENT_WAIT_MS),
    },
    host: options.host,
    version: tandemVersion(),
    log,
    ordersOf: (request) => {
      if (!held.tokens.takesOrders) return 'none';
      return held.tokens.rightOf(request) === 'order' ? 'allowed' : 'token';
    },
  });
  const gate: Gate = {
    tokens: () => held.tokens,
    open: { ...openRoutes(source), ...pages },
    onRefused: refusals.note,
    scheme: tls === null ? 'http' : 'https',
  };
  const takers = {
    servers: (query: URLSearchParams) => source.orderServers(query),
    agent: options.hasAgent ? agent.order : null,
  };
  const server = createControlServer({ ...adminRoutes(source, agent), ...pages }, log, {
    admit: admission(gate),
    orders: adminOrders({ tokens: gate.tokens, takers, log, onRefused: refusals.note }),
    streams: { '/events': feed.serve },
    tls: tls !== null,
  });
  server.on('connection', (socket: Socket) => {
    if (held.mayConnect(socket.remoteAddress)) return;
    refusals.note({ socket });
    socket.destroy();
  });
  let certificate = tls === null ? null : await certified(server, tls, log);
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
    certificate: () => certificate?.status() ?? null,
    async update(next) {
      held.tokens = new TokenDesk(next);
      held.mayConnect = networkGate(next.allow);
      certificate?.close();
      if (next.tls !== null) certificate = await certified(server, next.tls, log);
      // Whoever was let in by the rules of before asks anew.
      server.closeAllConnections();
    },
    close() {
      certificate?.close();
      feed.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * What somebody without the token is told: whether this host is up, and nothing of what is behind it.
 * The dashboard's page is the same on every host, and empty until it has the token.
 */
function openRoutes(source: AdminSource): Gate['open'] {
  return {
    '/': (request) => (isBrowser(request) ? toDashboard : null),
    '/health/live': () => text('live\n'),
    '/health/ready': () => (source.readiness().ready ? text('ready\n') : text('not ready\n', 503)),
  };
}

const toDashboard: Reply = {
  ...text(`the dashboard is at ${dashboardPath}\n`, 302),
  headers: { location: dashboardPath },
};

function isBrowser({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes('text/html') === true;
}

async function certified(server: Server, tls: NonNullable<AdminConfig['tls']>, log: Logger) {
  const { AdminCertificate } = await import('./admin-certificate.ts');
  return new AdminCertificate(server as HttpsServer, tls, log);
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

/** The agent as its control socket has it. */
class AgentSocket {
  readonly #path: string | null;

  constructor({ runtimeDir, hasAgent }: Pick<AdminOptions, 'runtimeDir' | 'hasAgent'>) {
    this.#path = hasAgent ? join(runtimeDir, SOCKETS.keepalive) : null;
  }

  /** What it answers; null: nothing, or there is none. */
  get(path: string, timeoutMs?: number): Promise<string | null> {
    if (this.#path === null) return Promise.resolve(null);
    return ask(this.#path, path, 'GET', timeoutMs).then(
      ({ body }) => body,
      () => null,
    );
  }

  /** Null: it does not answer, or has nothing to report yet; undefined: there is none. */
  async report(timeoutMs?: number): Promise<AgentReport | null | undefined> {
    if (this.#path === null) return undefined;
    const body = await this.get('/status', timeoutMs);
    if (body === null) return null;
    // One that is starting answers, and has no routers yet.
    const report: Partial<AgentReport> = JSON.parse(body);
    return report.routers === undefined ? null : (report as AgentReport);
  }

  /** Passes an order on. Rejects when it does not answer. */
  readonly order = async (path: string, query: URLSearchParams): Promise<Reply> => {
    const { status, body } = await ask(this.#path ?? '', `${path}?${query}`, 'POST');
    return { status, type: 'application/json', body };
  };
}

function adminRoutes(source: AdminSource, agent: AgentSocket): Routes {
  return {
    '/': (request) =>
      isBrowser(request)
        ? toDashboard
        : text(
            'Tandem: /health/live /health/ready /health/detailed /status /stub_status /metrics; ' +
              'for browsers /dashboard\n',
          ),
    '/health/live': () => text('live\n'),
    '/health/ready': (): Reply => {
      const { ready, reasons, warnings = [] } = source.readiness();
      const lines = [ready ? 'ready' : 'not ready', ...reasons, ...warnings];
      return text(`${lines.join('\n')}\n`, ready ? 200 : 503);
    },
    '/health/detailed': async () => {
      const report = await agent.report();
      return json(detailedHealth(source.report(), report), source.readiness().ready ? 200 : 503);
    },
    '/stub_status': () => {
      const report = source.report();
      return report === null ? text('the balancer is starting\n', 503) : text(stubStatus(report));
    },
    '/status': async () => {
      const body = await agent.get('/status');
      return json({ keepalive: body === null ? null : JSON.parse(body), proxy: source.status() });
    },
    '/metrics': async () => text(`${await source.metrics()}${(await agent.get('/metrics')) ?? ''}`),
  };
}
