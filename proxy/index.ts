/** The balancer: where a connection or request goes. */
import type { ProxyConfig } from '../src/config/proxy-config.ts';
import { Balancer } from './balancer.ts';
import type { BalancerPorts } from './ports.ts';

/**
 * Starts the balancer: resolves when its listeners are bound and every worker accepts. Rejects with
 * StartError: a listener cannot have its address (BindError names both), or no worker can be started.
 * Readiness comes later, with the first health checks.
 */
export async function startBalancer(config: ProxyConfig, ports: BalancerPorts): Promise<Balancer> {
  const balancer = new Balancer(config, ports);
  await balancer.started;
  return balancer;
}

export type { Balancer, StopOutcome } from './balancer.ts';
export type {
  BalancerStatus,
  ListenerStatus,
  RouteStatus,
  ServerStatus,
  UpstreamStatus,
} from './balancer-status.ts';
export type { PurgeTarget } from './cache/purge-target.ts';
export type { CacheStatus } from './cache/store/cache-keepers.ts';
export type { CertificateStatus } from './certificates/certificate-status.ts';
export { expiryStage, expiryText } from './certificates/expiry.ts';
export {
  type CertificateFault,
  type CertificateFinding,
  inspectCertificate,
  inspectCertificates,
} from './certificates/inspect.ts';
export type { NamedServersStatus } from './discovery/named-servers.ts';
export type { AddressDrainStatus } from './draining/drain-keeper.ts';
export { uringRefusal } from './io/uring/detect.ts';
export type { LimitStatus } from './limiting/limit-keeper.ts';
export { BindError } from './listen-sockets.ts';
export type { BalancerPorts, Logger } from './ports.ts';
export type { Readiness } from './readiness.ts';
export { type BalancerPlan, planReload } from './reload/plan.ts';
export type { PlanLine } from './reload/plan-lines.ts';
export { ReloadRefused } from './reload/refused.ts';
export type { PreparedReload } from './reload/reloader.ts';
export { explainRequest } from './routing/explain.ts';
export type { ExplainedRequest, Explanation } from './routing/explanation.ts';
export {
  HISTOGRAM_BOUNDS_MS,
  type HistogramTotals,
  quantileMs,
} from './shared/histogram.ts';
export { StartError } from './start-error.ts';
export type { Traffic } from './traffic.ts';
export type { NamedServer } from './upstream/identity.ts';
export type {
  AbsentServer,
  OrderedServer,
  OrderResult,
  ServerOrder,
} from './upstream/server-orders.ts';
export type { NamedWish } from './upstream/server-wishes.ts';
export type { WorkerStatus } from './worker-slot.ts';
