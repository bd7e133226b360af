import { setTimeout as delay } from 'node:timers/promises';
import type { AgentConfig, VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { releaseLookEveryMs, releaseWaitMaxMs } from '../limits.ts';
import type { LeasePort, Logger, NetworkPort } from '../ports.ts';
import { ownerPriority } from '../virtual-router/priority.ts';
import { heldAddresses } from './address-keeper.ts';
import { sweepDevices, sweepRoutes } from './leftovers.ts';

/**
 * Takes this node's virtual addresses off its interfaces, and its virtual routes: the last resort of
 * whoever outlives an agent that was killed (the supervisor, ExecStopPost). Where a lease still
 * runs, its end is waited for: until then no Backup claims, and clients that are served need not
 * feel the agent's death. An address owner's stay: they are the host's own. The dead agent's leases
 * follow, where `leases` is given, or they would mute whatever speaks VRRP on this host next; but an
 * address that cannot be removed stays mute. Tries everything whatever happens to the rest; never
 * throws.
 */
export async function releaseAddresses(
  config: AgentConfig,
  network: NetworkPort,
  log: Logger,
  leases?: LeasePort,
): Promise<void> {
  const stuck = new Set<VirtualRouterConfig>();
  const release = async (router: VirtualRouterConfig) => {
    if (leases !== undefined) await leaseIsOver(router, leases, log);
    await Promise.all(
      heldAddresses(router).map(async (address) => {
        const fields = {
          router: router.name,
          interface: router.interface,
          address: address.address,
        };
        try {
          await network.removeAddress(router.interface, address);
          log.debug(fields, `${address.address} is off ${router.interface}`);
        } catch (error) {
          stuck.add(router);
          log.error({ ...fields, err: error }, `cannot remove ${address.address}`);
        }
      }),
    );
  };
  await Promise.all(
    config.virtualRouters
      .filter(({ priority }) => priority !== ownerPriority)
      .filter((router) => network.link(router.interface) !== null)
      .map(release),
  );
  try {
    sweepDevices(network, log, []);
    await sweepRoutes(network, log, []);
  } catch (error) {
    log.error({ err: error }, `cannot remove all leftovers: ${(error as Error).message}`);
  }
  try {
    leases?.sweep([...stuck]);
  } catch (error) {
    // No nftables: then there was no lease either.
    log.debug({ err: error }, 'no leases to remove');
  }
}

/** Soon after {@link releaseWaitMaxMs} at the latest, and at once where the kernel cannot be asked. */
async function leaseIsOver(
  router: VirtualRouterConfig,
  leases: LeasePort,
  log: Logger,
): Promise<void> {
  try {
    for (let waitedMs = 0; waitedMs < releaseWaitMaxMs && leases.runs(router); ) {
      await delay(releaseLookEveryMs);
      waitedMs += releaseLookEveryMs;
    }
  } catch (error) {
    log.debug({ router: router.name, err: error }, `${router.name}: no lease to wait for`);
  }
}
