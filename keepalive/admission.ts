import type { EventSink } from './events/event-types.ts';
import { retryMicros } from './limits.ts';
import type { Clock, LinkState, Logger, NetworkPort, Timer } from './ports.ts';
import type { RouterDriver } from './router-driver.ts';
import type { RouterTable } from './router-table.ts';
import { describeShutdown } from './transition-text.ts';
import type { RouterEvent, ShutdownCause } from './virtual-router/event.ts';

/** What admission works with. */
export interface AdmissionOptions {
  readonly table: RouterTable;
  readonly network: NetworkPort;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: EventSink;
  /** An interface as it is now, for whoever else depends on it. */
  onLink(name: string, link: LinkState | null): void;
  /** A router enters the election or leaves it. */
  input(router: RouterDriver, event: RouterEvent): void;
  /** After the routers of an interface were looked at: who takes part may have changed. */
  onEvaluated(): void;
}

/**
 * Lets each router into the election while its interface is there, has carrier, a socket and an
 * address to send from, and takes it out when one of these goes.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #interfaces = new Map<string, LinkState | null>();
  #retry: Timer | null = null;
  #stopped = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Whether the interface has carrier; null when there is none of that name. */
  running(name: string): boolean | null {
    return this.#interfaces.get(name)?.running ?? null;
  }

  /** Somebody here depends on the interface. */
  knows(name: string): boolean {
    return this.#interfaces.has(name);
  }

  /** Nobody depends on any other interface any more. */
  forgetAllBut(names: ReadonlySet<string>): void {
    for (const name of this.#interfaces.keys()) if (!names.has(name)) this.#interfaces.delete(name);
  }

  /** Keeps what an interface is now; `evaluate` draws the conclusions. */
  setLink(name: string, link: LinkState | null): void {
    this.#interfaces.set(name, link);
    this.#options.onLink(name, link);
  }

  /** Lets the routers of an interface into the election, or takes them out of it. */
  evaluate(name: string): void {
    const link = this.#interfaces.get(name) ?? null;
    for (const router of this.#options.table.on(name)) {
      const obstacle = obstacleOf(router, link);
      const inElection = router.state.name !== 'Initialize';
      if (obstacle !== router.waitingFor) this.#report(router, obstacle);
      if (link !== null && obstacle === null && !inElection) {
        this.#options.input(router, { type: 'startup', leased: router.lease.openOn(link) });
      }
      if (obstacle !== null && inElection) {
        this.#options.input(router, { type: 'shutdown', cause: obstacle });
      }
      if (obstacle === 'interface-missing') void router.leaveInterface();
    }
    this.#options.onEvaluated();
    this.#retryLater();
  }

  /** Reads every interface anew: events of the kernel were lost. */
  lookAgain(): void {
    for (const name of this.#interfaces.keys()) {
      this.setLink(name, this.#options.network.link(name));
      this.evaluate(name);
    }
  }

  /** Nobody is let in any more. */
  stop(): void {
    this.#stopped = true;
    this.#retry?.cancel();
  }

  #report(router: RouterDriver, obstacle: ShutdownCause | null): void {
    const { config } = router;
    const fields = { router: config.name, vrid: config.vrid, interface: config.interface };
    router.waitingFor = obstacle;
    this.#options.emit({
      type: 'waiting',
      router: config.name,
      interface: config.interface,
      cause: obstacle ?? 'nothing',
    });
    if (obstacle === null) return;
    const { error } = router.link;
    const detail = obstacle === 'socket-error' && error !== null ? `: ${error.message}` : '';
    this.#options.log.warn(
      { ...fields, cause: obstacle },
      `${config.name} waits for ${config.interface}: ${describeShutdown(obstacle)}${detail}`,
    );
  }

  /** Not everything that an interface lacks is followed by an event when it comes. */
  #retryLater(): void {
    const { table, clock, network } = this.#options;
    if (this.#retry !== null || this.#stopped) return;
    if (table.routers.every(({ waitingFor }) => waitingFor === null)) return;
    this.#retry = clock.timer(clock.now() + retryMicros, () => {
      this.#retry = null;
      for (const { config, waitingFor } of table.routers) {
        if (waitingFor === null) continue;
        this.setLink(config.interface, network.link(config.interface));
        this.evaluate(config.interface);
      }
      this.#retryLater();
    });
  }
}

/** Why the router cannot take part on its interface as it is now. */
function obstacleOf(router: RouterDriver, link: LinkState | null): ShutdownCause | null {
  if (link === null) {
    router.link.close();
    return 'interface-missing';
  }
  if (!link.running) return 'link-down';
  if (!router.link.open(link)) return 'socket-error';
  return router.sourceAddress() === null ? 'no-source-address' : null;
}
