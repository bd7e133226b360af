/** `tandem proxy`: the balancer wired to the agent's socket, the admin listener and the CLI. */
import { join } from 'node:path';
import { type Balancer, type Readiness, startBalancer } from '../../proxy/index.ts';
import { startAdmin } from '../admin/admin-listener.ts';
import { formatEndpoint } from '../config/index.ts';
import type { BalancerReport } from '../control/balancer-report.ts';
import { createControlServer, json, text } from '../control/server.ts';
import type { Logger } from '../log/logger.ts';
import { balancerMetrics } from '../metrics/balancer-metrics.ts';
import { sdNotify } from '../os/sd-notify.ts';
import { ensureRuntimeDir, SOCKETS } from '../runtime/runtime-dir.ts';
import { listenUnix } from '../runtime/unix-listener.ts';
import { feedAgent, trackedUpstreams } from '../tracking/balancer-feed.ts';
import { ReadinessClient } from '../tracking/readiness-client.ts';
import { reportReady, superviseProcess } from './lifecycle.ts';
import { loadHere, type ProcessOptions } from './load-in-worker.ts';
import { startWith } from './start.ts';
import { StartupError } from './startup-error.ts';

/**
 * Runs the balancer until it is told to end. Throws StartupError for what the operator can mend:
 * a bad config, a port in use, a runtime directory that cannot be had.
 */
export async function runProxy(options: ProcessOptions): Promise<void> {
  const { config, log } = startWith(loadHere(options), 'proxy', options.configPath);
  if (config.proxy === null) {
    throw new StartupError(
      `${options.configPath} has no listeners: there is nothing for the balancer to do`,
    );
  }
  const runtimeDir = ensureRuntimeDir(process.env);
  const closers: { close(): void }[] = [];
  const balancer = await startBalancer(config.proxy, { log }).catch((error: Error) => {
    throw new StartupError(error.message);
  });
  sayWhatServes(balancer, log);
  const control = await listenControl(join(runtimeDir, SOCKETS.proxy), balancer, log);
  const { agent } = config;
  const hasAgent = agent !== null;
  if (config.admin !== null) {
    const source = {
      status: () => report(balancer),
      readiness: () => balancer.readiness(),
      metrics: () => balancerMetrics(report(balancer)),
    };
    closers.push(await startAdmin(config.admin, source, { runtimeDir, hasAgent, log }));
  }
  if (agent !== null) {
    const client = new ReadinessClient(join(runtimeDir, SOCKETS.agent), log);
    feedAgent(client, balancer, trackedUpstreams(agent));
    closers.push(client);
  }
  superviseProcess(
    {
      async stop(reason) {
        sdNotify('STOPPING=1');
        // The agent first: the peer should have the addresses while we finish what we have.
        for (const closer of closers.splice(0)) closer.close();
        const outcome = await balancer.stop();
        control.close();
        log.info({ reason, ...outcome }, 'the balancer has stopped');
      },
    },
    log,
  );
  sdNotify('READY=1');
  reportReady();
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

function report(balancer: Balancer): BalancerReport {
  return { uptimeMs: Math.round(process.uptime() * 1000), ...balancer.status() };
}

async function listenControl(path: string, balancer: Balancer, log: Logger) {
  const server = createControlServer(
    {
      '/status': () => json(report(balancer)),
      '/metrics': async () => text(await balancerMetrics(report(balancer))),
    },
    log,
  );
  await listenUnix(server, path);
  return {
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
