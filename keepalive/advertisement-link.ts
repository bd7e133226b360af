import { OsError } from '../src/os/errors.ts';
import { type DecodeResult, decodeAdvertisement } from './packet/advertisement.ts';
import type { AdvertisementSocket, LinkState, NetworkPort, ReceivedPacket } from './ports.ts';
import { decodeErrorCounter, type LinkStatistics, linkStatistics } from './statistics.ts';

/** A packet, and what decoding made of it. Views are valid only during the call. */
export interface Arrival {
  readonly packet: ReceivedPacket;
  readonly result: DecodeResult;
}

/**
 * The advertisement socket of one interface and address family, shared by the virtual routers on
 * it. Bound to an interface index: when the interface is deleted and made again under its name, it
 * has another index and the old socket is deaf, so it is opened anew.
 */
export class AdvertisementLink {
  readonly interface: string;
  readonly family: 4 | 6;
  readonly statistics: LinkStatistics = linkStatistics();
  readonly #network: NetworkPort;
  readonly #onArrival: (arrival: Arrival) => void;
  readonly #onReadError: (error: Error) => void;
  #socket: AdvertisementSocket | null = null;
  #index = 0;
  /** Why the socket is not open, after an attempt to open it. */
  #error: OsError | Error | null = null;

  constructor(options: {
    readonly interface: string;
    readonly family: 4 | 6;
    readonly network: NetworkPort;
    onArrival(arrival: Arrival): void;
    onReadError(error: Error): void;
  }) {
    this.interface = options.interface;
    this.family = options.family;
    this.#network = options.network;
    this.#onArrival = options.onArrival;
    this.#onReadError = options.onReadError;
  }

  /** The error of the last attempt to open; null when it succeeded or none was made. */
  get error(): Error | null {
    return this.#error;
  }

  /** Opens the socket, or opens it anew when the interface was made again. False: see `error`. */
  open(link: LinkState): boolean {
    if (this.#socket !== null && this.#index === link.index) return true;
    this.close();
    try {
      this.#socket = this.#network.openAdvertisementSocket({
        interface: this.interface,
        family: this.family,
        onPacket: (packet) => this.#receive(packet),
      });
      this.#index = link.index;
      return true;
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
      return false;
    }
  }

  /** Our address on the interface; null without a socket or without an address. */
  sourceAddress(): Uint8Array | null {
    return this.#socket?.sourceAddress() ?? null;
  }

  /** Sends a message. Throws the kernel's OsError, or ENOTCONN when no socket is open. */
  send(message: Uint8Array): void {
    if (this.#socket === null) throw new OsError('send', 107, `${this.interface}: no socket`);
    this.#socket.send(message);
  }

  /** Takes in at once what the kernel has queued. Does not throw. */
  readQueued(): void {
    try {
      this.#socket?.readQueued();
    } catch (error) {
      this.#onReadError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Closes the socket; `open` may follow. */
  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#error = null;
    try {
      socket?.close();
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
    }
  }

  #receive(packet: ReceivedPacket): void {
    this.statistics.packetsReceived += 1;
    const result = decodeAdvertisement(packet, this.family);
    if (!result.ok) this.statistics[decodeErrorCounter[result.error.code]] += 1;
    this.#onArrival({ packet, result });
  }
}
