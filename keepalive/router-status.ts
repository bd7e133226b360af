import { formatIp } from '../src/os/ip-address.ts';
import { routeText } from './holdings/route-text.ts';
import { virtualMacOf } from './packet/virtual-mac.ts';
import type { RouterDriver } from './router-driver.ts';
import { copyRouterStatistics } from './statistics.ts';
import type { HandoverStatus, RouterStatus } from './status.ts';
import { describeShutdown } from './transition-text.ts';
import { preemptsCounted } from './virtual-router/hold-down.ts';
import { preemptWait } from './virtual-router/preemption.ts';
import { nextDeadline } from './virtual-router/state.ts';
import { activeDownInterval, skewTime } from './virtual-router/timers.ts';

/** The status of one virtual router at `now` (microseconds). */
export function routerStatus(
  router: RouterDriver,
  now: number,
): Omit<RouterStatus, 'witness' | 'announcement' | keyof HandoverStatus> {
  const { config, state } = router;
  const { standing } = state;
  const ownMicros = config.advertIntervalMs * 1000;
  const intervalMicros = state.name === 'Backup' ? state.activeIntervalMicros : ownMicros;
  const deadline = nextDeadline(state);
  const claimIn = standing.claimNotBefore === null ? 0 : standing.claimNotBefore - now;
  const held = router.keeper.held;
  return {
    name: config.name,
    vrid: config.vrid,
    interface: config.interface,
    family: config.family,
    version: config.version,
    state: state.name,
    stateForMs: (now - router.stateSince) / 1000,
    syncGroup:
      config.syncGroup === undefined
        ? null
        : { name: config.syncGroup, ready: state.name === 'Backup' && state.ready },
    waitingFor: router.waitingFor === null ? null : describeShutdown(router.waitingFor),
    priority: {
      configured: config.priority,
      effective: standing.priority,
      trackers: router.readings,
      claimInMs: claimIn > 0 ? claimIn / 1000 : null,
    },
    selfFaults: router.faults.status(),
    noHandover: config.noHandover ?? null,
    handoverBreaks: config.handoverBreaks ?? [],
    preempt: {
      inMs: preemptIn(router, now),
      recent: preemptsCounted(state.preempts, now),
    },
    active: activeRouter(router, now),
    vouched: vouchedFor(router, now),
    addresses: config.addresses.map((address) => ({ ...address, held })),
    virtualMac: virtualMacStatus(router),
    excludedAddresses: (config.excludedAddresses ?? []).map((address) => ({ ...address, held })),
    routes: (config.routes ?? []).map((route) => ({
      route: routeText(route),
      held: router.keeper.routesHeld,
    })),
    lease: {
      open: router.lease.open,
      reason: router.lease.reason,
      mute: state.name === 'Active' && state.leased && state.lookAroundUntil !== null,
    },
    delivery: deliveryStatus(router),
    auth: authStatus(config.auth),
    timers: {
      advertIntervalMs: config.advertIntervalMs,
      activeAdvertIntervalMs: intervalMicros / 1000,
      skewMs: skewTime(config.version, standing.priority, intervalMicros) / 1000,
      activeDownMs: activeDownInterval(config.version, standing.priority, intervalMicros) / 1000,
      nextInMs: deadline === null ? null : (deadline - now) / 1000,
    },
    peerChecksum: router.peerChecksum,
    advertLateness: router.lateness.summary(now),
    statistics: copyRouterStatistics(router.statistics),
    transitions: router.transitions.map((transition) => ({
      ...transition,
      agoMs: (now - transition.at) / 1000,
    })),
  };
}

function authStatus(auth: RouterDriver['config']['auth']): RouterStatus['auth'] {
  if (auth === undefined) return 'none';
  return auth.type === 'hmac' ? `hmac-${auth.mode}` : 'password';
}

function deliveryStatus(router: RouterDriver): RouterStatus['delivery'] {
  const { unicast, destinations, hopLimitMin } = router.expectation.delivery;
  const source = router.sourceAddress();
  return {
    source: source === null ? null : formatIp(source),
    destinations: destinations.map(formatIp),
    unicast,
    minTtl: hopLimitMin,
  };
}

function vouchedFor({ state }: RouterDriver, now: number): RouterStatus['vouched'] {
  if (state.name !== 'Backup' || state.vouched === null) return null;
  const { since, answers } = state.vouched;
  return { forMs: (now - since) / 1000, answers };
}

function virtualMacStatus({ config, keeper }: RouterDriver): RouterStatus['virtualMac'] {
  const mac = virtualMacOf(config);
  if (mac === undefined) return null;
  const address = Buffer.from(mac)
    .toString('hex')
    .replace(/..(?!$)/g, '$&:');
  return { address, device: keeper.virtualDevice };
}

function preemptIn({ state }: RouterDriver, now: number): number | null {
  if (state.name !== 'Backup' || state.betterSince === null) return null;
  const micros = state.betterSince + preemptWait(state, now) - now;
  return micros > 0 ? micros / 1000 : null;
}

function activeRouter(router: RouterDriver, now: number): RouterStatus['active'] {
  const { state } = router;
  if (state.name === 'Active') {
    const address = router.sourceAddress();
    const { priority } = state.standing;
    return {
      self: true,
      address: address === null ? '' : formatIp(address),
      priority,
      lastHeardMs: null,
    };
  }
  if (state.heard === null || state.heard.priority === 0) return null;
  return {
    self: false,
    address: formatIp(state.heard.source),
    priority: state.heard.priority,
    lastHeardMs: (now - state.heard.at) / 1000,
  };
}
