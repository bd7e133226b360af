import type { BfdSocket, BfdSocketOptions, NetworkPort, ReceivedBfdPacket } from '../ports.ts';
import { compareAddresses } from '../virtual-router/election.ts';
import type { HostPart, SimProcess } from './host-part.ts';
import type { SimHost } from './sim-host.ts';
import type { Frame, SimLan } from './sim-lan.ts';

/** The state bits of a BFD packet of a session that is up. */
const BFD_UP = 3;
/** Packets a socket keeps for a process that does not read; the rest is lost, as in a kernel. */
const SOCKET_QUEUE_MAX = 256;

/** Where the host is, and who it is there. */
export interface SimBfdOptions {
  readonly lan: SimLan;
  readonly source: Uint8Array;
}

/** The BFD sockets of one simulated host: port 3784, shared by the sessions of its process. */
export class SimBfd implements HostPart {
  readonly #host: SimHost;
  readonly #options: SimBfdOptions;
  #listeners = new Set<(packet: ReceivedBfdPacket) => void>();
  #queue: Frame[] = [];

  constructor(host: SimHost, options: SimBfdOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** The sockets of one process. */
  network(process: SimProcess): Pick<NetworkPort, 'openBfdSocket'> {
    return { openBfdSocket: (options) => this.#open(options, process) };
  }

  /** A frame arrives; one for this host's address is kept while the process does not run. */
  receive(frame: Frame): void {
    if (frame.protocol !== 'bfd' || frame.to === undefined) return;
    if (compareAddresses(frame.to, this.#options.source) !== 0) return;
    if (this.#listeners.size === 0) return;
    if (!this.#host.paused) this.#deliver(frame);
    else if (this.#queue.length < SOCKET_QUEUE_MAX) this.#queue.push(frame);
  }

  /** The process reads what waits. */
  resumed(): void {
    this.#read();
  }

  /** The process is gone, and its sockets with it. */
  reset(): void {
    this.#listeners = new Set();
    this.#queue = [];
  }

  #open({ peer, onPacket }: BfdSocketOptions, { alive }: SimProcess): BfdSocket {
    const listeners = this.#listeners;
    listeners.add(onPacket);
    return {
      send: (message) => {
        if (alive()) this.#transmit(peer, message);
      },
      readQueued: () => this.#read(),
      close: () => {
        listeners.delete(onPacket);
      },
    };
  }

  #transmit(to: Uint8Array, message: Uint8Array): void {
    const { lan, source } = this.#options;
    if (!this.#host.linkUp) return;
    if (message[1]! >> 6 === BFD_UP) this.#host.lease.bfdLeaves();
    const from = this.#host.station;
    lan.send({ protocol: 'bfd', from, message, source, hopLimit: 255, to });
  }

  #read(): number {
    const queue = this.#queue;
    this.#queue = [];
    for (const frame of queue) this.#deliver(frame);
    return queue.length;
  }

  #deliver({ message, source, hopLimit }: Frame): void {
    for (const listener of [...this.#listeners]) listener({ message, source, hopLimit });
  }
}
