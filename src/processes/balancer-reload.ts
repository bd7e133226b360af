/** What a reload does to the balancer's process. */
import { type PreparedReload, ReloadRefused } from '../../proxy/index.ts';
import type { AdminKeeper, PreparedAdmin } from '../admin/admin-keeper.ts';
import type { AdminConfig } from '../config/admin-config.ts';
import type { ProxyConfig } from '../config/proxy-config.ts';
import { type Logger, setLogLevel } from '../log/logger.ts';
import { type PreparedHalf, ReloadRefusal } from '../reload/reload-desk.ts';
import { balancerStopMs } from '../supervision/supervisor.ts';
import { trackedUpstreams } from '../tracking/balancer-feed.ts';
import type { AppliedConfig } from './applied-config.ts';
import { reportStopBound } from './lifecycle.ts';
import { type FileReader, readForReload } from './reload-file.ts';

/** What of a balancer a reload needs. */
export interface ReloadableBalancer {
  /** Rejects with ReloadRefused, with nothing changed. */
  prepareReload(config: ProxyConfig): Promise<PreparedReload>;
}

/** The parts that follow a new config. */
export interface BalancerReloadParts {
  readonly reader: FileReader;
  readonly applied: AppliedConfig;
  readonly balancer: ReloadableBalancer;
  readonly admin: Pick<AdminKeeper, 'prepare'>;
  /** Says which upstreams count in the election; null: there is no agent to tell. */
  readonly track: ((upstreams: ReadonlySet<string>) => void) | null;
  /** Orders about servers that the file has overruled must not come back with the next balancer. */
  readonly keepWishes: () => void;
  readonly log: Logger;
}

/** Reads the file and builds what it asks for beside what there is. Rejects with ReloadRefusal. */
export async function prepareBalancerReload(parts: BalancerReloadParts): Promise<PreparedHalf> {
  const { applied, reader, log } = parts;
  const file = await readForReload('balancer', reader, applied);
  const { proxy, agent, admin } = file.config;
  if (proxy === null) throw new Error('there is no balancer in this config');
  const { prepared, door } = await build(parts, proxy, admin);
  return {
    offer: file.offer([...prepared.plan.lines, ...(door.line === null ? [] : [door.line])]),
    async apply() {
      await prepared.apply().catch(refuse);
      // From here on the balancer follows the file, and nothing may say otherwise.
      await door.apply().catch((error: unknown) => {
        log.error({ err: error }, `admin: the listener could not follow: ${error}`);
      });
      setLogLevel(log, file.config.log.level);
      applied.take(file.config, file.bytes);
      parts.keepWishes();
      if (agent !== null) parts.track?.(trackedUpstreams(agent));
      reportStopBound(balancerStopMs(proxy.drainTimeoutMs));
    },
    async abandon() {
      door.abandon();
      await prepared.abandon();
    },
  };
}

/** Both or none, with the reasons of both. */
async function build(
  { balancer, admin: keeper }: BalancerReloadParts,
  proxy: ProxyConfig,
  admin: AdminConfig | null,
): Promise<{ readonly prepared: PreparedReload; readonly door: PreparedAdmin }> {
  const [prepared, door] = await Promise.allSettled([
    balancer.prepareReload(proxy).catch(refuse),
    keeper.prepare(admin),
  ]);
  if (prepared.status === 'fulfilled' && door.status === 'fulfilled') {
    return { prepared: prepared.value, door: door.value };
  }
  if (prepared.status === 'fulfilled') await prepared.value.abandon();
  if (door.status === 'fulfilled') door.value.abandon();
  const errors = [prepared, door].flatMap((it) => (it.status === 'rejected' ? [it.reason] : []));
  const defect = errors.find((error) => !(error instanceof ReloadRefusal));
  throw defect ?? new ReloadRefusal((errors as ReloadRefusal[]).flatMap(({ reasons }) => reasons));
}

function refuse(error: unknown): never {
  throw error instanceof ReloadRefused ? new ReloadRefusal(error.reasons) : error;
}
