/** What an agent may have put on interfaces, for those who come after it with another configuration. */
import type {
  AgentConfig,
  VirtualAddress,
  VirtualRouterConfig,
} from '../../src/config/agent-config.ts';
import type { LeaseOwner, Logger, NetworkPort } from '../ports.ts';
import { ownerPriority } from '../virtual-router/priority.ts';
import { heldAddresses } from './address-keeper.ts';

/** The addresses of one virtual router, and whose lease mutes them. Plain JSON. */
export interface HeldByRouter extends LeaseOwner {
  readonly name: string;
  readonly addresses: readonly VirtualAddress[];
}

/** What an agent of this configuration may have on its interfaces; an owner's are the host's own. */
export function heldUnder({ virtualRouters }: AgentConfig): readonly HeldByRouter[] {
  return virtualRouters
    .filter(({ priority }) => priority !== ownerPriority)
    .map((router) => ({
      name: router.name,
      interface: router.interface,
      family: router.family,
      vrid: router.vrid,
      addresses: heldAddresses(router),
    }));
}

/**
 * What an agent that was killed may have left on its interfaces: what `config` says, and what it has
 * noted itself, for it may have had another configuration. Null: there is none to be had. An address
 * that is an owner's by now is the host's own, whoever had it before.
 */
export function heldAtDeath(
  config: AgentConfig | null,
  noted: readonly HeldByRouter[],
): readonly HeldByRouter[] {
  if (config === null) return noted;
  const owners = config.virtualRouters.filter(({ priority }) => priority === ownerPriority);
  const own = addressesOf(owners);
  const strange = noted.map((router) => ({
    ...router,
    addresses: router.addresses.filter(({ address }) => !own.has(key(router.interface, address))),
  }));
  return [...heldUnder(config), ...strange];
}

function addressesOf(routers: readonly VirtualRouterConfig[]): ReadonlySet<string> {
  return new Set(
    routers.flatMap((router) =>
      heldAddresses(router).map(({ address }) => key(router.interface, address)),
    ),
  );
}

function key(device: string, address: string): string {
  return `${device} ${address}`;
}

/**
 * At an agent's start, before anything else is: takes off the addresses of an earlier agent which
 * was killed and whose configuration had them, where `config` has them no more. They are mute, but
 * only until that agent's leases are swept. Resolves with what could not be removed; never rejects.
 */
export async function removeFormer(
  former: readonly HeldByRouter[],
  config: AgentConfig,
  { network, log }: { readonly network: NetworkPort; readonly log: Logger },
): Promise<readonly HeldByRouter[]> {
  const known = addressesOf(config.virtualRouters);
  const stuck: HeldByRouter[] = [];
  for (const router of former) {
    if (network.link(router.interface) === null) continue;
    const gone = router.addresses.filter(
      ({ address }) => !known.has(key(router.interface, address)),
    );
    const left: VirtualAddress[] = [];
    for (const address of gone) {
      const fields = { router: router.name, interface: router.interface, address: address.address };
      try {
        const there = await network.addresses(router.interface);
        if (!there.includes(address.address)) continue;
        await network.removeAddress(router.interface, address);
        log.info(
          fields,
          `${address.address} is off ${router.interface}: an earlier agent left it there, ` +
            'and the configuration has it no more',
        );
      } catch (error) {
        left.push(address);
        log.error(
          { ...fields, err: error },
          `cannot remove ${address.address} from ${router.interface}, which an earlier agent left there: ` +
            'remove it by hand, or two hosts may answer for it',
        );
      }
    }
    if (left.length > 0) stuck.push({ ...router, addresses: left });
  }
  return stuck;
}
