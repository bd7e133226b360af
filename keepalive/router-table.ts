import type { VirtualRouterConfig } from '../src/config/agent-config.ts';
import { AdvertisementLink } from './advertisement-link.ts';
import type { LogLimiter } from './log-limiter.ts';
import type { Logger, NetworkPort, ReceivedPacket } from './ports.ts';
import type { RouterDriver } from './router-driver.ts';

/** What the table needs to make links. */
export interface RouterTableOptions {
  readonly network: NetworkPort;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  onPacket(link: AdvertisementLink, packet: ReceivedPacket): void;
}

/** The virtual routers of the agent, and the links they share: who is meant by a packet. */
export class RouterTable {
  readonly #options: RouterTableOptions;
  #routers: readonly RouterDriver[] = [];
  readonly #links = new Map<string, AdvertisementLink>();
  readonly #byVrid = new Map<string, RouterDriver>();

  constructor(options: RouterTableOptions) {
    this.#options = options;
  }

  /** In the order of the configuration. */
  get routers(): readonly RouterDriver[] {
    return this.#routers;
  }

  get links(): readonly AdvertisementLink[] {
    return [...this.#links.values()];
  }

  /** The link of that router's interface and family; one for all routers on it. */
  linkFor(config: VirtualRouterConfig): AdvertisementLink {
    const key = `${config.interface}/${config.family}`;
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    const { network, onPacket } = this.#options;
    const link: AdvertisementLink = new AdvertisementLink({
      interface: config.interface,
      family: config.family,
      network,
      onPacket: (packet) => onPacket(link, packet),
      onReadError: (error) => this.#cannotRead(link, error),
    });
    this.#links.set(key, link);
    return link;
  }

  /** Takes a router in, from now on found by its VRID. */
  add(router: RouterDriver): void {
    this.#routers = [...this.#routers, router];
    this.#byVrid.set(vridKey(router.link, router.config.vrid), router);
  }

  /** Lets go of a router: no packet and no event is for it any more. */
  remove(router: RouterDriver): void {
    this.#routers = this.#routers.filter((other) => other !== router);
    const key = vridKey(router.link, router.config.vrid);
    if (this.#byVrid.get(key) === router) this.#byVrid.delete(key);
  }

  /** Puts the routers in the order of these, the configuration's. */
  sort(place: (router: RouterDriver) => number): void {
    this.#routers = [...this.#routers].sort((a, b) => place(a) - place(b));
  }

  /** Closes the links that no router has any more. */
  closeUnused(): void {
    for (const [key, link] of this.#links) {
      if (this.#routers.some((router) => router.link === link)) continue;
      link.close();
      this.#links.delete(key);
    }
  }

  /** The router of that VRID on the link. */
  find(link: AdvertisementLink, vrid: number): RouterDriver | undefined {
    return this.#byVrid.get(vridKey(link, vrid));
  }

  /** The router of that name. */
  named(name: string): RouterDriver | undefined {
    return this.#routers.find(({ config }) => config.name === name);
  }

  /** The routers on an interface. */
  on(name: string): RouterDriver[] {
    return this.#routers.filter(({ config }) => config.interface === name);
  }

  #cannotRead({ interface: name, family }: AdvertisementLink, error: Error): void {
    const { log, limiter } = this.#options;
    limiter.limit(`${name}/${family} read`, (suppressed) =>
      log.warn(
        { interface: name, err: error, suppressed },
        `cannot read advertisements on ${name}: ${error.message}`,
      ),
    );
  }
}

function vridKey({ interface: name, family }: AdvertisementLink, vrid: number): string {
  return `${name}/${family}/${vrid}`;
}
