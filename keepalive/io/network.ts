/**
 * The agent's network on the Linux kernel:
 *
 *     netlink events ──> InterfaceTable ──> NetworkEvent to the agent; link(), source addresses
 *     netlink requests: addresses added, removed, listed
 *     raw sockets, protocol 112: adverts          packet socket: gratuitous ARP, unsolicited NA
 *     UDP sockets, port 3784: BFD                 ARP and ICMPv6 sockets: is a gateway there?
 */
import type { VirtualAddress } from '../../src/config/agent-config.ts';
import { OsError } from '../../src/os/errors.ts';
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import { RouteNetlink } from '../../src/os/netlink.ts';
import { listenToRoutes } from '../../src/os/netlink-events.ts';
import type { NetlinkListener } from '../../src/os/netlink-listener.ts';
import { PacketSocket } from '../../src/os/packet-socket.ts';
import { encodeGratuitousArp } from '../packet/gratuitous-arp.ts';
import { encodeUnsolicitedNa } from '../packet/unsolicited-na.ts';
import type {
  AdvertisementSocket,
  BfdSocket,
  BfdSocketOptions,
  ClaimWatch,
  ClaimWatchOptions,
  LinkState,
  Logger,
  NeighbourProbe,
  NeighbourProbeOptions,
  NetworkEvent,
  NetworkPort,
} from '../ports.ts';
import {
  type AdvertisementSocketOptions,
  openAdvertisementSocket,
} from './advertisement-socket.ts';
import { BfdSockets } from './bfd-socket.ts';
import { openClaimWatch } from './claim-watch.ts';
import { InterfaceTable } from './interface-table.ts';
import { KernelRoutes } from './kernel-routes.ts';
import { openNeighbourProbe } from './neighbour-probe.ts';
import { instanceMark } from './own-tables.ts';
import { UsableAddresses } from './usable-addresses.ts';
import { VirtualMacs } from './virtual-macs.ts';

const ENODEV = 19;
/** Pause before links and addresses are read again when reading them failed, ms. */
const RELOAD_DELAY_MS = 1_000;
/** Events kept while a full look is taken; beyond it another look is due anyway. */
const EVENTS_HELD_MAX = 4_096;
const MAC_BYTES = 6;
/** Of the route that comes with an address on a virtual MAC: any other one is better. */
const LAST_ROUTE_METRIC = 4_096;

/**
 * Opens the network of the current namespace and reads links and addresses. Listening needs no
 * privilege; what does, fails when it is used. `runtimeDir` is what tells the devices of this instance
 * of Tandem from others'. Throws OsError.
 */
export async function openNetwork(log: Logger, runtimeDir = '/run/tandem'): Promise<NetworkPort> {
  const network = new KernelNetwork(log, instanceMark(runtimeDir));
  try {
    await network.load();
  } catch (error) {
    network.close();
    throw error;
  }
  return network;
}

class KernelNetwork implements NetworkPort {
  readonly #log: Logger;
  readonly #table = new InterfaceTable();
  readonly routes = new KernelRoutes(
    {
      indexOf: (name) => this.#table.link(name)?.index ?? null,
      nameOf: (index) => this.#table.nameOf(index),
    },
    () => this.#emit({ type: 'routes-changed' }),
  );
  readonly virtualMacs: VirtualMacs;
  readonly #requests = new RouteNetlink();
  readonly #events: NetlinkListener;
  readonly #listeners: ((event: NetworkEvent) => void)[] = [];
  readonly #bfd: BfdSockets;
  readonly #usable = new UsableAddresses();
  #packets: PacketSocket | undefined;
  /** Changes that arrive during a full look, to be applied on top of it. */
  #held: (() => NetworkEvent[])[] | null = null;
  #lookAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(log: Logger, mark: string) {
    this.#log = log;
    this.virtualMacs = new VirtualMacs(mark, {
      link: (name) => this.#table.link(name),
      onLink: (link) => this.#apply(() => this.#table.setLink(link)),
    });
    this.#bfd = new BfdSockets(this.#table, log);
    this.#events = listenToRoutes({
      onLink: (link) => this.#apply(() => this.#table.setLink(link)),
      onLinkRemoved: (link) => this.#apply(() => this.#table.removeLink(link.index)),
      onAddress: (address) => {
        this.#apply(() => this.#table.setAddress(address));
        this.#usable.heard(address);
      },
      onAddressRemoved: (address) => this.#apply(() => this.#table.removeAddress(address)),
      onLost: () => this.#resync(),
    });
  }

  /** Reads everything. What changes meanwhile is applied afterwards, so nothing old overwrites it. */
  async load(): Promise<void> {
    this.#held = [];
    try {
      do {
        this.#lookAgain = false;
        this.#held.length = 0;
        const links = await this.#requests.links();
        const addresses = await this.#requests.addresses();
        this.#table.replace(links, addresses);
      } while (this.#lookAgain);
      for (const change of this.#held) {
        change();
      }
    } finally {
      this.#held = null;
    }
  }

  openAdvertisementSocket(options: AdvertisementSocketOptions): AdvertisementSocket {
    return openAdvertisementSocket(options, this.#table, this.#log, () => this.#packetSocket());
  }

  openBfdSocket(options: BfdSocketOptions): BfdSocket {
    return this.#bfd.open(options);
  }

  openNeighbourProbe(options: NeighbourProbeOptions): NeighbourProbe {
    return openNeighbourProbe(options, this.#table, this.#log);
  }

  openClaimWatch(options: ClaimWatchOptions): ClaimWatch {
    return openClaimWatch(options, this.#table, this.#log);
  }

  link(name: string): LinkState | null {
    return this.#table.link(name);
  }

  /** Without those that failed duplicate address detection, since nobody can use them. */
  async addresses(name: string): Promise<readonly string[]> {
    const link = this.#table.link(name);
    const all = await this.#requests.addresses();
    return all
      .filter(({ interfaceIndex, duplicate }) => interfaceIndex === link?.index && !duplicate)
      .map(({ ip }) => formatIp(ip));
  }

  async addAddress(
    name: string,
    { address, prefixLength }: VirtualAddress,
    validSeconds?: number,
  ): Promise<void> {
    const link = this.#linkOrThrow('RTM_NEWADDR', name);
    const ip = bytesOf(address);
    // Before it is there, so that it is never taken for an address of this host's own.
    const fresh = this.#table.markVirtual(link.index, ip);
    // IPv4 addresses are of use at once.
    const expected = ip.length === 4 ? null : this.#usable.expect(link.index, ip);
    try {
      const outcome = await this.#requests.addAddress(link, ip, prefixLength, {
        ...(validSeconds === undefined ? {} : { validSeconds }),
        // The network is reached by the interface beneath, where it has an address there too.
        ...(this.virtualMacs.parentOf(name) === null ? {} : { routeMetric: LAST_ROUTE_METRIC }),
      });
      if (outcome === 'present' && fresh) {
        this.#table.unmarkVirtual(link.index, ip);
      }
      if (outcome === 'present') expected?.cancel();
      await expected?.usable;
    } catch (error) {
      if (fresh) {
        this.#table.unmarkVirtual(link.index, ip);
      }
      expected?.cancel();
      throw error;
    }
  }

  async removeAddress(name: string, { address, prefixLength }: VirtualAddress): Promise<void> {
    const link = this.#table.linkOnceCalled(name);
    // With the interface its addresses are gone too.
    if (link === null) return;
    const ip = bytesOf(address);
    await this.#requests.removeAddress(link, ip, prefixLength);
    this.#table.dropVirtual(link.index, ip);
  }

  announce(name: string, { address }: VirtualAddress, mac?: Uint8Array): void {
    const link = this.#linkOrThrow('sendto', name);
    if (link.mac.length !== MAC_BYTES) {
      throw new Error(`${name} has no Ethernet address, so ${address} cannot be announced there`);
    }
    const ip = bytesOf(address);
    const encode = ip.length === 4 ? encodeGratuitousArp : encodeUnsolicitedNa;
    this.#packetSocket().send(link.index, encode(mac ?? link.mac, ip));
  }

  subscribe(listener: (event: NetworkEvent) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#events.close();
    this.#requests.close();
    this.#packets?.close();
    this.#bfd.close();
    this.routes.close();
    this.virtualMacs.close();
  }

  #linkOrThrow(call: string, name: string): LinkState {
    const link = this.#table.link(name);
    if (link === null) {
      throw new OsError(call, ENODEV, name);
    }
    return link;
  }

  #apply(change: () => NetworkEvent[]): void {
    if (this.#held === null) {
      for (const event of change()) {
        this.#emit(event);
      }
    } else if (this.#held.length < EVENTS_HELD_MAX) {
      this.#held.push(change);
    } else {
      this.#lookAgain = true;
    }
  }

  #packetSocket(): PacketSocket {
    this.#packets ??= new PacketSocket();
    return this.#packets;
  }

  /** What happens to the device of a virtual MAC happened to the interface beneath. */
  #emit(told: NetworkEvent): void {
    const parent = 'interface' in told ? this.virtualMacs.parentOf(told.interface) : null;
    let event = told;
    if (parent !== null && told.type === 'link') {
      event = { type: 'virtual-mac-changed', interface: parent };
    } else if (parent !== null) event = { ...told, interface: parent } as NetworkEvent;
    for (const listener of this.#listeners) {
      listener(event);
    }
  }

  #resync(): void {
    if (this.#closed) {
      return;
    }
    if (this.#held !== null) {
      this.#lookAgain = true;
      return;
    }
    this.#log.warn({}, 'network events were lost: reading all links and addresses again');
    this.load().then(
      () => this.#emit({ type: 'resync' }),
      (error: Error) => {
        if (this.#closed) {
          return;
        }
        this.#log.error({ err: error }, `cannot read links and addresses: ${error.message}`);
        this.#timer = setTimeout(() => this.#resync(), RELOAD_DELAY_MS);
      },
    );
  }
}

function bytesOf(address: string): Uint8Array {
  const ip = parseIp(address);
  if (ip === null) {
    throw new RangeError(`"${address}" is not an IP address`);
  }
  return ip;
}
