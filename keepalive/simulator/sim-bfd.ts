import type { BfdSocket, BfdSocketOptions, ReceivedBfdPacket } from '../ports.ts';
import { compareAddresses } from '../virtual-router/election.ts';
import type { Frame } from './sim-lan.ts';

/** Packets a socket keeps for a process that does not read; the rest is lost, as in a kernel. */
const SOCKET_QUEUE_MAX = 256;

/** What the sockets need of their host. */
export interface SimBfdHost {
  readonly source: Uint8Array;
  /** The process does not run, but its kernel does. */
  queues(): boolean;
  /** Puts a packet on the LAN, if the link is up. */
  transmit(to: Uint8Array, message: Uint8Array): void;
}

/** The BFD sockets of one simulated host: port 3784, shared by the sessions of its process. */
export class SimBfd {
  readonly #host: SimBfdHost;
  #listeners = new Set<(packet: ReceivedBfdPacket) => void>();
  #queue: Frame[] = [];

  constructor(host: SimBfdHost) {
    this.#host = host;
  }

  /** A socket of the process; `alive` as long as that process is. */
  open({ peer, onPacket }: BfdSocketOptions, alive: () => boolean): BfdSocket {
    const listeners = this.#listeners;
    listeners.add(onPacket);
    return {
      send: (message) => {
        if (alive()) this.#host.transmit(peer, message);
      },
      readQueued: () => this.drain(),
      close: () => {
        listeners.delete(onPacket);
      },
    };
  }

  /** A frame for this host's address arrives. */
  receive(frame: Frame): void {
    if (frame.to === undefined || compareAddresses(frame.to, this.#host.source) !== 0) return;
    if (this.#listeners.size === 0) return;
    if (!this.#host.queues()) this.#deliver(frame);
    else if (this.#queue.length < SOCKET_QUEUE_MAX) this.#queue.push(frame);
  }

  /** The process reads what the kernel kept; how many packets it was. */
  drain(): number {
    const queue = this.#queue;
    this.#queue = [];
    for (const frame of queue) this.#deliver(frame);
    return queue.length;
  }

  /** The process is gone, and its sockets with it. */
  forget(): void {
    this.#listeners = new Set();
    this.#queue = [];
  }

  #deliver({ message, source, hopLimit }: Frame): void {
    for (const listener of [...this.#listeners]) listener({ message, source, hopLimit });
  }
}
