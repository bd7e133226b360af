import { OsError } from '../../src/os/errors.ts';
import { multicastGroup } from '../packet/multicast-group.ts';
import type { AdvertisementSocket, NetworkPort, ReceivedPacket } from '../ports.ts';
import type { HostPart, SimProcess } from './host-part.ts';
import type { SimHost } from './sim-host.ts';
import { type Frame, familyOfFrame, type SimLan } from './sim-lan.ts';

const EPERM = 1;
const ENOBUFS = 105;
/** Packets a socket keeps for a process that does not read; the rest is lost, as in a kernel. */
const SOCKET_QUEUE_MAX = 256;

type OnPacket = (packet: ReceivedPacket) => void;
type OpenOptions = Parameters<NetworkPort['openAdvertisementSocket']>[0];

/** Where the host is, and who it is there. */
export interface SimSocketsOptions {
  readonly lan: SimLan;
  readonly interface: string;
  readonly source: Uint8Array;
  /** Its address of the other family; absent: only one family is used. */
  readonly second?: Uint8Array;
}

/** The advertisement sockets of one host, one for each family, and what waits in them. */
export class SimSockets implements HostPart {
  readonly #host: SimHost;
  readonly #options: SimSocketsOptions;
  readonly #open = new Map<4 | 6, OnPacket>();
  #queue: Frame[] = [];

  constructor(host: SimHost, options: SimSocketsOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** Packets that the process has not read. */
  get unread(): number {
    return this.#queue.length;
  }

  /** The sockets of one process. */
  network(process: SimProcess): Pick<NetworkPort, 'openAdvertisementSocket'> {
    return { openAdvertisementSocket: (options) => this.#openSocket(options, process) };
  }

  /** A frame arrives; while the process does not run it waits. */
  receive(frame: Frame): void {
    if (frame.protocol !== 'vrrp' || !this.#open.has(familyOfFrame(frame))) return;
    if (!this.#host.paused) this.#deliver(frame);
    else if (this.#queue.length < SOCKET_QUEUE_MAX) this.#queue.push(frame);
  }

  /** The process reads what waits. */
  resumed(): void {
    this.#read();
  }

  /** The process is gone, and its sockets with it. */
  reset(): void {
    this.#open.clear();
    this.#queue = [];
  }

  #openSocket({ family, onPacket }: OpenOptions, { alive }: SimProcess): AdvertisementSocket {
    const host = this.#host;
    const { interface: name, lan, source, second } = this.#options;
    if (host.refuseSockets) throw new OsError('socket', EPERM, 'AF_INET, SOCK_RAW, 112');
    const index = host.link(name)?.index;
    // A socket of an interface that was deleted stays deaf when the name comes back.
    const receive = (packet: ReceivedPacket) => {
      if (host.link(name)?.index === index) onPacket(packet);
    };
    const from = family === familyOfFrame({ source }) ? source : (second ?? source);
    this.#open.set(family, receive);
    return {
      sourceAddress: () => (host.hasSource && !host.sourceless.has(family) ? from : null),
      send: (message) => {
        if (host.refuseSends) throw new OsError('sendto', EPERM, name);
        if (!host.linkUp || !alive()) return;
        if (!host.lease.passes({ family, vrid: message[1]! }, message[2]!)) {
          // As in the kernel: over IPv4 nothing is said.
          if (family === 4) return;
          throw new OsError('sendmsg', ENOBUFS, name);
        }
        lan.send({ protocol: 'vrrp', from: host.station, message, source: from, hopLimit: 255 });
      },
      readQueued: () => this.#read(),
      // Harmless when another has taken its place.
      close: () => {
        if (this.#open.get(family) === receive) this.#open.delete(family);
      },
    };
  }

  /** Delivers what waits; returns how many packets that was. */
  #read(): number {
    const queue = this.#queue;
    this.#queue = [];
    for (const frame of queue) this.#deliver(frame);
    return queue.length;
  }

  #deliver(frame: Frame): void {
    const family = familyOfFrame(frame);
    this.#open.get(family)?.({
      message: frame.message,
      source: frame.source,
      destination: multicastGroup(family),
      hopLimit: frame.hopLimit,
    });
  }
}
