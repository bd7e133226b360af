/** The agent's control socket: its status, its metrics, and what an operator orders. */
import { join } from 'node:path';
import type { Agent } from '../../keepalive/index.ts';
import type { AgentReport } from '../control/agent-report.ts';
import { OperatorOrders } from '../control/operator-orders.ts';
import { createControlServer, json, text } from '../control/server.ts';
import type { Logger } from '../log/logger.ts';
import { agentMetrics } from '../metrics/agent-metrics.ts';
import type { ReloadDesk } from '../reload/reload-desk.ts';
import { orderReload, reportReload } from '../reload/reload-orders.ts';
import { HoldFile } from '../runtime/hold-file.ts';
import { SOCKETS } from '../runtime/runtime-dir.ts';
import { listenUnix } from '../runtime/unix-listener.ts';
import type { AgentOutlets } from './agent-outlets.ts';
import type { AppliedConfig } from './applied-config.ts';
import { processReport } from './process-report.ts';
import type { RealTime } from './real-time.ts';

/** Takes orders from now on; what was ordered of the agent before this one and lasts is in force. */
export function resumeOrders(agent: Agent, runtimeDir: string, log: Logger): OperatorOrders {
  const file = new HoldFile(runtimeDir);
  const orders = new OperatorOrders({ agent, file, log, wallTime: Date.now });
  orders.resume();
  return orders;
}

/** What is told and ordered there. */
export interface AgentControlOptions {
  readonly agent: Agent;
  readonly operator: OperatorOrders;
  readonly outlets: AgentOutlets;
  readonly realTime: RealTime;
  readonly applied: AppliedConfig;
  readonly desk: ReloadDesk;
  readonly log: Logger;
}

/** Listens until it is closed. Throws StartupError when the socket cannot be had. */
export async function serveControl(
  runtimeDir: string,
  { agent, operator, outlets, realTime, applied, desk, log }: AgentControlOptions,
): Promise<{ close(): void }> {
  const report = (): AgentReport => {
    const status = agent.status();
    const hold = operator.report(status.hold);
    const config = applied.report();
    const timing = realTime.report();
    return { ...processReport(), ...status, ...outlets.report(), hold, config, timing };
  };
  const server = createControlServer(
    {
      '/status': () => json(report()),
      '/metrics': async () => text(await agentMetrics(report())),
      '/reload': () => reportReload(desk),
    },
    log,
    { orders: { ...operator.orders(), '/reload': (query) => orderReload(desk, query) } },
  );
  await listenUnix(server, join(runtimeDir, SOCKETS.keepalive));
  return {
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
