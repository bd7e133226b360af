import type { AgentStatus, RouterStatus } from '../status.ts';

/** The part of the status that a reader of events begins with: no counters, no past. */
export function snapshotOf(status: AgentStatus) {
  return {
    node: status.node,
    digest: status.digest,
    uptimeMs: status.uptimeMs,
    routers: status.routers.map(routerSnapshot),
    bfd: status.bfd.map(({ interface: device, peer, state }) => ({
      interface: device,
      peer,
      state,
    })),
  };
}

function routerSnapshot(router: RouterStatus) {
  return {
    router: router.name,
    vrid: router.vrid,
    interface: router.interface,
    family: router.family,
    state: router.state,
    stateForMs: router.stateForMs,
    waitingFor: router.waitingFor,
    priority: router.priority.effective,
    configuredPriority: router.priority.configured,
    trackers: router.priority.trackers,
    active: router.active,
    addresses: router.addresses,
    lease: router.lease,
  };
}
