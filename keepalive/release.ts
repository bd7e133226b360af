import type { AgentConfig, VirtualRouterConfig } from '../src/config/agent-config.ts';
import type { LeasePort, Logger, NetworkPort } from './ports.ts';
import { ownerPriority } from './virtual-router/priority.ts';

/**
 * Takes this node's virtual addresses off its interfaces: the last resort of whoever outlives an
 * agent that was killed (the supervisor, ExecStopPost). An address owner's stay: they are the
 * host's own. The dead agent's leases follow, where `leases` is given, or they would mute whatever
 * speaks VRRP on this host next; but an address that cannot be removed stays mute. Tries every
 * address whatever happens to the others; never throws.
 */
export async function releaseAddresses(
  config: AgentConfig,
  network: NetworkPort,
  log: Logger,
  leases?: LeasePort,
): Promise<void> {
  const stuck = new Set<VirtualRouterConfig>();
  const removals = config.virtualRouters
    .filter(({ priority }) => priority !== ownerPriority)
    .filter((router) => network.link(router.interface) !== null)
    .flatMap((router) =>
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
  await Promise.all(removals);
  try {
    leases?.sweep([...stuck]);
  } catch (error) {
    // No nftables: then there was no lease either.
    log.debug({ err: error }, 'no leases to remove');
  }
}
