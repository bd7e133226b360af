/** What goes wrong in a kernel, or is done to it by others. */
import { addressRepairMicros, selfFaultHoldFirstMicros } from '../limits.ts';
import type { Begin } from './fault.ts';
import type { SimHost } from './sim-host.ts';

/** The longest wait between two attempts to put an address right. */
const REPAIR_MICROS = addressRepairMicros[addressRepairMicros.length - 1]!;

/** One family has no address to send from: its router leaves the election, the other's stays. */
const loseFamily: Begin = (cluster, host, prng) => {
  if (!cluster.options.grouped || host.agent === null) return null;
  const family = prng.pick<4 | 6>([4, 6]);
  host.setSource(family, false);
  return {
    text: `${cluster.name(host)} has no IPv${family} address to send from`,
    end: () => host.setSource(family, true),
  };
};

const linkDown: Begin = (cluster, host, prng) => {
  const state = prng.chance(0.3) ? 'missing' : 'down';
  host.setLink(state);
  return {
    text: `${cluster.name(host)} interface is ${state}`,
    end: () => {
      if (!host.linkUp) host.setLink('up');
    },
  };
};

const meddle: Begin = (cluster, host, prng) => {
  const addresses = host.config.virtualRouters.flatMap((router) => router.addresses);
  if (host.agent === null || !host.linkUp) return null;
  const { address } = prng.pick(addresses);
  const present = !host.addresses.has(address);
  // Whoever checks looks as soon as it has happened.
  host.meddledUntil = cluster.clock.now + REPAIR_MICROS;
  host.meddle(address, present);
  return {
    text: `somebody ${present ? 'adds' : 'removes'} ${address} on ${cluster.name(host)}`,
    lingerMicros: REPAIR_MICROS,
    end: () => {},
  };
};

/** Until an agent forgets what it thinks of itself: the longer, the more often that came back. */
function believedMicros({ agent }: SimHost): number {
  const faults = agent?.status().routers.flatMap(({ selfFaults }) => selfFaults) ?? [];
  return Math.max(0, ...faults.map(({ forgottenInMs }) => forgottenInMs * 1000));
}

const firewall: Begin = (cluster, host) => {
  host.refuseSends = true;
  return {
    text: `${cluster.name(host)} firewall refuses advertisements`,
    lingerMicros: selfFaultHoldFirstMicros,
    end: () => {
      host.refuseSends = false;
      cluster.disturb(believedMicros(host));
      // Nobody heard it give way, so nobody knows that its announcements are void.
      cluster.losslessSince = cluster.clock.now;
    },
  };
};

const refusedAddresses: Begin = (cluster, host) => {
  host.refuseAddresses = true;
  return {
    text: `${cluster.name(host)} kernel refuses addresses`,
    lingerMicros: selfFaultHoldFirstMicros + REPAIR_MICROS,
    end: () => {
      host.refuseAddresses = false;
      cluster.disturb(believedMicros(host) + REPAIR_MICROS);
    },
  };
};

const flush: Begin = (cluster, host) => {
  if (!cluster.options.leased || host.agent === null || host.paused) return null;
  host.lease.flush();
  return { text: `${cluster.name(host)} ruleset is flushed`, end: () => {} };
};

/** The more often it stands here, the more often it is drawn. */
export const kernelFaults: readonly Begin[] = [
  loseFamily,
  linkDown,
  meddle,
  firewall,
  refusedAddresses,
  flush,
];
