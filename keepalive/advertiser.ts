import type { VirtualRouterConfig } from '../src/config/agent-config.ts';
import type { AdvertisementLink } from './advertisement-link.ts';
import type { Authenticator } from './auth/authenticator.ts';
import type { LeaseKeeper } from './holdings/lease-keeper.ts';
import { sendFailuresMax } from './limits.ts';
import { encodeAdvertisement } from './packet/advertisement.ts';
import type { Delivery, Route } from './packet/delivery.ts';
import { virtualMacOf } from './packet/virtual-mac.ts';
import type { RouterStatistics } from './statistics.ts';
import type { SelfFaults } from './tracking/self-faults.ts';

/** What the advertiser works with. */
export interface AdvertiserOptions {
  readonly config: VirtualRouterConfig;
  readonly link: AdvertisementLink;
  readonly lease: LeaseKeeper;
  readonly faults: SelfFaults;
  readonly statistics: RouterStatistics;
  /** As they go onto the wire. */
  readonly addresses: readonly Uint8Array[];
  readonly delivery: Delivery;
  readonly authenticator: Authenticator;
  /** The kernel holds our advertisements back, perhaps for some time already. */
  onLeaseLost(): void;
  /** An advertisement was refused; the caller says so, with a rate limit. */
  onRefused(error: unknown): void;
}

/** Sends the advertisements of one router, and sees by them whether it still may speak. */
export class Advertiser {
  readonly #options: AdvertiserOptions;
  #failures = 0;
  #leaseInDoubt = false;

  constructor(options: AdvertiserOptions) {
    this.#options = options;
  }

  /** The lease may have ended in the very moment in which the next advertisement leaves. */
  doubtLease(): void {
    this.#leaseInDoubt = true;
  }

  /** Sends one. Encoded when it leaves: priority and source address are those of this moment. */
  send(priority: number): void {
    const { statistics, faults, lease, delivery } = this.#options;
    try {
      this.#sendToAll(priority);
      if (delivery.unicast && priority !== 0) lease.renew();
      statistics.advertisementsSent += 1;
      this.#failures = 0;
      faults.clear('send');
      if (this.#leaseInDoubt && priority !== 0) this.checkLease();
      this.#leaseInDoubt = false;
      if (priority === 0) statistics.priorityZeroSent += 1;
    } catch (error) {
      // A firewall that refuses for a moment (EPERM) or a full queue must not cost the claim. A
      // router that cannot speak for longer is one that its peer takes for dead.
      statistics.sendErrors += 1;
      this.#failures += 1;
      this.#leaseInDoubt = true;
      if (this.#failures >= sendFailuresMax) {
        faults.raise('send', 'the kernel refuses our advertisements');
      }
      this.#options.onRefused(error);
      // An expired lease looks like this over IPv6, and a refusal lets it expire.
      this.checkLease();
    }
  }

  /** An advertisement that left has renewed the lease; one that was held back has not. */
  checkLease(): void {
    const { lease, onLeaseLost } = this.#options;
    if (lease.speaks()) return;
    // One of its two signals may come back before we have looked around.
    lease.end();
    onLeaseLost();
  }

  /** To the group, or to each peer. Throws when it reached nobody. */
  #sendToAll(priority: number): void {
    const { config, link, delivery } = this.#options;
    const source = link.sourceAddress(delivery.source);
    if (source === null) throw new Error(`${config.interface} has no address to send from`);
    // To a peer it leaves as any packet of this host.
    const mac = delivery.unicast ? undefined : virtualMacOf(config);
    const refusals: unknown[] = [];
    for (const destination of delivery.destinations) {
      try {
        const route = { source, destination };
        const from = mac === undefined ? route : { ...route, mac };
        link.send(this.#encode(priority, route), from);
      } catch (error) {
        refusals.push(error);
      }
    }
    if (refusals.length === delivery.destinations.length) throw refusals[0];
    // One of several peers that cannot be reached is no reason to give up what the others hear.
    for (const error of refusals) {
      this.#options.statistics.sendErrors += 1;
      this.#options.onRefused(error);
    }
  }

  #encode(priority: number, route: Route): Uint8Array {
    const { config, addresses, authenticator } = this.#options;
    const { auth } = config;
    return encodeAdvertisement(
      {
        version: config.version,
        vrid: config.vrid,
        priority,
        intervalMicros: config.advertIntervalMs * 1000,
        addresses,
      },
      {
        ...route,
        checksumForm: config.strictRfc ? 'message' : 'pseudo-header',
        ...(auth?.type === 'password' ? { password: auth.password } : {}),
        ...(auth?.type === 'hmac'
          ? { trailer: (message) => authenticator.trailer(auth, message, route.source) }
          : {}),
      },
    );
  }
}
