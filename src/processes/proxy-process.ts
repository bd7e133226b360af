/** `tandem proxy`: the balancer wired to the agent's socket, the admin listener and the CLI. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  type Balancer,
  type NamedWish,
  type Readiness,
  StartError,
  startBalancer,
  type Traffic,
  uringRefusal,
} from '../../proxy/index.ts';
import { AdminKeeper } from '../admin/admin-keeper.ts';
import type { AdminSource } from '../admin/admin-listener.ts';
import { formatEndpoint } from '../config/index.ts';
import type { ProxyConfig } from '../config/proxy-config.ts';
import type { BalancerReport } from '../control/balancer-report.ts';
import { createControlServer, json, type Reply, text } from '../control/server.ts';
import { type Logger, logLines } from '../log/logger.ts';
import { balancerMetrics } from '../metrics/balancer-metrics.ts';
import { reserveDescriptors } from '../os/descriptor-table.ts';
import { sdNotify } from '../os/sd-notify.ts';
import type { ReloadDesk } from '../reload/reload-desk.ts';
import { orderReload, reportReload } from '../reload/reload-orders.ts';
import { claimHalf } from '../runtime/half-lock.ts';
import { ensureRuntimeDir, SOCKETS } from '../runtime/runtime-dir.ts';
import { stateDir } from '../runtime/state-dir.ts';
import { listenUnix } from '../runtime/unix-listener.ts';
import { UringRecord } from '../runtime/uring-record.ts';
import { WishesFile } from '../runtime/wishes-file.ts';
import { balancerStopMs } from '../supervision/supervisor.ts';
import { feedAgent, trackedUpstreams } from '../tracking/balancer-feed.ts';
import { ReadinessClient } from '../tracking/readiness-client.ts';
import { AppliedConfig } from './applied-config.ts';
import { reportReady, reportStopBound, superviseProcess } from './lifecycle.ts';
import { loadHere, type ProcessOptions } from './load-in-worker.ts';
import { processReport } from './process-report.ts';
import { purge } from './purge.ts';
import { startBalancerReloads } from './reloads.ts';
import { keepWishes, orderServers } from './server-orders.ts';
import { startWith } from './start.ts';
import { StartupError } from './startup-error.ts';

/** Of some 30,000 clients at a time, with their servers; from there on more room is made as it is needed. */
const DESCRIPTORS_FROM_THE_START = 65_536;

/**
 * Runs the balancer until it is told to end. Throws StartupError for what the operator can mend:
 * a bad config, a port in use, a runtime directory that cannot be had.
 */
export async function runProxy(options: ProcessOptions): Promise<void> {
  const reading = { ...options, secretless: true, balancer: true };
  const loaded = loadHere(reading);
  const { config, bytes, log } = startWith(loaded, 'proxy', options.configPath);
  if (config.proxy === null) {
    throw new StartupError(
      `${options.configPath} has no listeners: there is nothing for the balancer to do`,
    );
  }
  const runtimeDir = ensureRuntimeDir(process.env);
  // Done long before the first client comes, so nobody waits for it here.
  void reserveDescriptors(DESCRIPTORS_FROM_THE_START);
  // Everything that can be refused comes before the first client is accepted.
  const lock = claimHalf('proxy', runtimeDir);
  const file = new WishesFile(runtimeDir);
  const applied = new AppliedConfig(options.configPath, stateDir(process.env), config, log);
  const service = new Service(file, applied, log);
  const control = await listenControl(join(runtimeDir, SOCKETS.proxy), service, log);
  const { agent } = config;
  const hasAgent = agent !== null;
  const closers: { close(): void }[] = [];
  const admin = new AdminKeeper(async (wanted) => {
    // Nobody else needs what a dashboard is made of.
    const { startAdmin } = await import('../admin/admin-listener.ts');
    const host = config.node ?? hostname();
    return startAdmin(wanted, service, { runtimeDir, hasAgent, host, log });
  });
  service.admin = admin;
  await admin.begin(config.admin);
  closers.push(admin);
  const uring = watchUring(config.proxy.io, runtimeDir, log);
  const wishes = wishesOf(file, log);
  const ports = { log, stdout: logLines(), uringRefusal: uring.refusal, wishes };
  const balancer = await startBalancer(config.proxy, ports).catch((error: Error) => {
    throw error instanceof StartError ? new StartupError(error.message) : error;
  });
  service.balancer = balancer;
  sayWhatServes(balancer, log);
  let track: ((upstreams: ReadonlySet<string>) => void) | null = null;
  if (agent !== null) {
    const client = new ReadinessClient(join(runtimeDir, SOCKETS.agent), log);
    track = feedAgent(client, balancer, trackedUpstreams(agent));
    closers.push(client);
  }
  const reload = startBalancerReloads(
    { options: reading, runtimeDir },
    { applied, balancer, admin, track, keepWishes: () => keepWishes(balancer, file, log), log },
  );
  service.desk = reload.desk;
  closers.unshift(reload);
  superviseProcess(
    {
      reload: reload.request,
      reopenLogs: () => balancer.reopenLogs(),
      async stop(reason) {
        sdNotify('STOPPING=1');
        // The agent first: the peer should have the addresses while we finish what we have. And the
        // place in the runtime directory, so that a successor need not wait for our drain.
        for (const closer of closers) closer.close();
        control.close();
        uring.end();
        lock.release();
        const outcome = await balancer.stop();
        log.info({ reason, ...outcome }, 'the balancer has stopped');
      },
    },
    log,
  );
  uring.started();
  applied.take(config, bytes);
  reportStopBound(balancerStopMs(config.proxy.drainTimeoutMs));
  reportReady();
}

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Notes that a balancer on io_uring runs here until it ends in a way that JavaScript can see. `refusal` is
 * why it should not use it: the last ones crashed. `started` is for when signals are taken care of.
 */
function watchUring(io: ProxyConfig['io'], runtimeDir: string, log: Logger) {
  // A host that has none says so itself, and what serves over node:net there may die as it likes.
  if (io === 'net' || uringRefusal() !== null) return { refusal: null, started() {}, end() {} };
  const record = new UringRecord(runtimeDir);
  const refusal = record.refusal(Date.now());
  if (refusal === null) record.begin(Date.now());
  else log.error({ refusal }, `io_uring is given up: ${refusal}`);
  process.on('exit', () => record.end());
  // Left to itself, Node dies of them at once, which is no crash.
  const leave = () => process.exit(0);
  for (const signal of STOP_SIGNALS) process.on(signal, leave);
  return {
    refusal,
    started() {
      for (const signal of STOP_SIGNALS) process.off(signal, leave);
    },
    end: () => record.end(),
  };
}

const NOT_BEGUN: Readiness = {
  ready: false,
  reasons: ['the balancer is starting'],
  serving: true,
};

/** What the listeners of this process answer from, before and after the balancer has started. */
class Service implements AdminSource {
  balancer: Balancer | null = null;
  desk: ReloadDesk | null = null;
  admin: AdminKeeper | null = null;
  readonly #file: WishesFile;
  readonly #applied: AppliedConfig;
  readonly #log: Logger;

  /** Orders about servers are kept in the file. */
  constructor(file: WishesFile, applied: AppliedConfig, log: Logger) {
    this.#file = file;
    this.#applied = applied;
    this.#log = log;
  }

  status(): BalancerReport | { starting: true } {
    return this.report() ?? { starting: true };
  }

  report(): BalancerReport | null {
    if (this.balancer === null) return null;
    const uptimeMs = Math.round(process.uptime() * 1000);
    const config = this.#applied.report();
    const status = this.balancer.status();
    const own = this.admin?.certificate() ?? null;
    const certificates = own === null ? status.certificates : [...status.certificates, own];
    return { ...processReport(), uptimeMs, config, ...status, certificates };
  }

  readiness(): Readiness {
    return this.balancer?.readiness() ?? NOT_BEGUN;
  }

  async metrics(): Promise<string> {
    const report = this.report();
    return report === null ? '' : balancerMetrics(report);
  }

  traffic(): Traffic | null {
    return this.balancer?.traffic() ?? null;
  }

  orderServers(query: URLSearchParams): Reply {
    return orderServers(this.balancer, query, { file: this.#file, log: this.#log });
  }
}

function sayWhatServes(balancer: Balancer, log: Logger): void {
  for (const { name, protocol, binds } of balancer.status().listeners) {
    const where = binds.map(formatEndpoint).join(', ');
    log.info(
      { listener: name, protocol, binds },
      `listener ${name} accepts ${protocol} on ${where}`,
    );
  }
  const sayReadiness = ({ ready, reasons }: Readiness) => {
    if (ready) log.info({}, 'the balancer is ready');
    else log.info({ reasons }, `the balancer is not ready: ${reasons.join('; ')}`);
  };
  sayReadiness(balancer.readiness());
  balancer.onReadiness(sayReadiness);
}

/** What operators wanted of servers before this process. */
function wishesOf(file: WishesFile, log: Logger): readonly NamedWish[] {
  const { wishes, broken } = file.read();
  if (broken !== null) {
    log.warn(
      { path: file.path, reason: broken },
      `${file.path} is ignored (${broken}): every server is used as the file has it; if one was drained, ` +
        'drain it again',
    );
  } else if (wishes.length > 0) {
    log.info(
      { servers: wishes.length },
      `as before the restart, where they are servers now: ${wishes.map(wishText).join('; ')}`,
    );
  }
  return wishes;
}

function wishText([identity, { draining, weight }]: NamedWish): string {
  const [upstream, server] = identity.split('|');
  const share = weight === null ? '' : ` weight ${weight}`;
  return `${server} of upstream ${upstream}${draining ? ' drains' : ''}${share}`;
}

async function listenControl(path: string, service: Service, log: Logger) {
  const server = createControlServer(
    {
      '/status': () => json(service.status(), service.balancer === null ? 503 : 200),
      '/metrics': async () => text(await service.metrics()),
      '/reload': () => reportReload(service.desk),
    },
    log,
    {
      orders: {
        '/purge': (query) => purge(service.balancer, query, log),
        '/servers': (query) => service.orderServers(query),
        '/reload': (query) => orderReload(service.desk, query),
      },
    },
  );
  await listenUnix(server, path);
  return {
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
