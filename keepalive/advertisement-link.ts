import { OsError } from '../src/os/errors.ts';
import type { Route, SourceChoice } from './packet/delivery.ts';
import type { AdvertisementSocket, LinkState, NetworkPort, ReceivedPacket } from './ports.ts';
import { type LinkStatistics, linkStatistics } from './statistics.ts';

const generalSource: SourceChoice = { fixed: null, towards: null };

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
  readonly #onPacket: (packet: ReceivedPacket) => void;
  readonly #onReadError: (error: Error) => void;
  #socket: AdvertisementSocket | null = null;
  #index = 0;
  /** Why the socket is not open, after an attempt to open it. */
  #error: OsError | Error | null = null;

  constructor(options: {
    readonly interface: string;
    readonly family: 4 | 6;
    readonly network: NetworkPort;
    /** Views are valid only during the call. */
    onPacket(packet: ReceivedPacket): void;
    onReadError(error: Error): void;
  }) {
    this.interface = options.interface;
    this.family = options.family;
    this.#network = options.network;
    this.#onPacket = options.onPacket;
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
  sourceAddress(choice: SourceChoice = generalSource): Uint8Array | null {
    return this.#socket?.sourceAddress(choice) ?? null;
  }

  /** Sends a message. Throws the kernel's OsError, or ENOTCONN when no socket is open. */
  send(message: Uint8Array, route: Route): void {
    if (this.#socket === null) throw new OsError('send', 107, `${this.interface}: no socket`);
    this.#socket.send(message, route);
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
    this.#onPacket(packet);
  }
}
