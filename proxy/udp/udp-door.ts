import type { Entrance } from '../frontend/door.ts';
import type { DatagramEngine, DatagramPort, PortHandler, ReturnPath } from '../io/datagrams.ts';
import type { UdpSession } from './udp-session.ts';

/** Who begins sessions for what comes in. */
export interface UdpHost {
  /** A session for a flow that has none; null: there is no room for it. */
  begin(door: UdpDoor, flow: string, path: () => ReturnPath): UdpSession | null;
  /** The kernel says that the socket cannot be read. */
  failed(errorCode: string): void;
  /** The door leads to another one from now on. */
  release(door: UdpDoor): void;
}

/** A UDP socket of a listener and its flows: it stays over reloads, and every flow finds its session. */
export class UdpDoor implements Entrance, PortHandler {
  readonly port: DatagramPort;
  #host: UdpHost;
  readonly #sessions = new Map<string, UdpSession>();
  #closing = false;
  #closed = false;

  /** The descriptor is the door's from now on. */
  constructor(datagrams: DatagramEngine, fd: number, listener: string, host: UdpHost) {
    this.#host = host;
    this.port = datagrams.bind(fd, `listener ${listener}`, this);
  }

  get lasts(): boolean {
    return !this.#closed;
  }

  /** This one begins sessions from here on, also if it was to be closed. */
  leadTo(host: UdpHost): void {
    this.#host.release(this);
    this.#host = host;
    this.#closing = false;
  }

  onDatagram(payload: Uint8Array, flow: string, path: () => ReturnPath): void {
    const known = this.#sessions.get(flow);
    if (known !== undefined) {
      known.forward(payload);
      return;
    }
    const session = this.#host.begin(this, flow, path);
    if (session === null) return;
    this.#sessions.set(flow, session);
    session.forward(payload);
  }

  onError(errorCode: string): void {
    this.#host.failed(errorCode);
  }

  forget(session: UdpSession): void {
    if (this.#sessions.get(session.flow) === session) this.#sessions.delete(session.flow);
    if (this.#closing) this.#closeUnused();
  }

  /** Closes it when no session needs it any more: some may have begun under a former config. */
  close(): void {
    this.#closing = true;
    this.#closeUnused();
  }

  /** There is nothing to accept; the socket is closed with its frontend. */
  finish(): Promise<void> {
    return Promise.resolve();
  }

  #closeUnused(): void {
    if (this.#sessions.size > 0 || this.#closed) return;
    this.#closed = true;
    this.port.close();
  }
}
