import { setTimeout as delay } from 'node:timers/promises';
import { releaseLookEveryMs, releaseWaitMaxMs } from '../limits.ts';
import type { LeasePort, Logger, NetworkPort } from '../ports.ts';
import type { HeldByRouter } from './former.ts';
import { sweepDevices, sweepRoutes } from './leftovers.ts';

/**
 * Takes these virtual addresses off their interfaces, and all virtual routes: the last resort of
 * whoever outlives an agent that was killed (the supervisor, ExecStopPost). Where a lease still
 * runs, its end is waited for: until then no Backup claims, and clients that are served need not
 * feel the agent's death. The dead agent's leases follow, where `leases` is given, or they would
 * mute whatever speaks VRRP on this host next; but an address that cannot be removed stays mute.
 * Tries everything whatever happens to the rest, and resolves to whether all of it is gone; never
 * rejects.
 */
export async function releaseAddresses(
  routers: readonly HeldByRouter[],
  network: NetworkPort,
  log: Logger,
  leases?: LeasePort,
): Promise<boolean> {
  const stuck = new Set<HeldByRouter>();
  const release = async (router: HeldByRouter) => {
    if (leases !== undefined) await leaseIsOver(router, leases, log);
    await Promise.all(
      router.addresses.map(async (address) => {
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
    routers.filter((router) => network.link(router.interface) !== null).map(release),
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
  return stuck.size === 0;
}

/** Soon after {@link releaseWaitMaxMs} at the latest, and at once where the kernel cannot be asked. */
async function leaseIsOver(router: HeldByRouter, leases: LeasePort, log: Logger): Promise<void> {
  try {
    for (let waitedMs = 0; waitedMs < releaseWaitMaxMs && leases.runs(router); ) {
      await delay(releaseLookEveryMs);
      waitedMs += releaseLookEveryMs;
    }
  } catch (error) {
    log.debug({ router: router.name, err: error }, `${router.name}: no lease to wait for`);
  }
}
