import { multicastGroup } from '../packet/multicast-group.ts';
import type { ReceivedPacket } from '../ports.ts';
import { type Frame, familyOfFrame } from './sim-lan.ts';

/** Packets a socket keeps for a process that does not read; the rest is lost, as in a kernel. */
const SOCKET_QUEUE_MAX = 256;

type OnPacket = (packet: ReceivedPacket) => void;

/** The advertisement sockets of one host, one for each family, and what waits in them. */
export class SimSockets {
  readonly #open = new Map<4 | 6, OnPacket>();
  #queue: Frame[] = [];

  /** Packets that the process has not read. */
  get unread(): number {
    return this.#queue.length;
  }

  isOpen(family: 4 | 6): boolean {
    return this.#open.has(family);
  }

  /** One socket of the process; the earlier one of the family hears nothing any more. */
  open(family: 4 | 6, onPacket: OnPacket): void {
    this.#open.set(family, onPacket);
  }

  /** Harmless when another has taken its place. */
  close(family: 4 | 6, onPacket: OnPacket): void {
    if (this.#open.get(family) === onPacket) this.#open.delete(family);
  }

  /** The process is gone, and its sockets with it. */
  reset(): void {
    this.#open.clear();
    this.#queue = [];
  }

  /** Keeps a frame for a process that does not run. */
  keep(frame: Frame): void {
    if (this.#queue.length < SOCKET_QUEUE_MAX) this.#queue.push(frame);
  }

  /** Delivers what waits; returns how many packets that was. */
  read(): number {
    const queue = this.#queue;
    this.#queue = [];
    for (const frame of queue) this.deliver(frame);
    return queue.length;
  }

  deliver(frame: Frame): void {
    const family = familyOfFrame(frame);
    this.#open.get(family)?.({
      message: frame.message,
      source: frame.source,
      destination: multicastGroup(family),
      hopLimit: frame.hopLimit,
    });
  }
}
