/**
 * The part of an engine that moves datagrams. It is small: a port that clients send to, and a channel
 * to one server.
 *
 *   bind(fd) --onDatagram(payload, flow, path)--> handler --channel.send(payload)--> server
 *            <--send(payload, path)-------------- handler <--onAnswer(payload)------
 */

/** The way back to whom a datagram came from; opaque above the engine. */
export interface ReturnPath {
  readonly peer: Uint8Array;
}

/** What a port tells its owner. */
export interface PortHandler {
  /**
   * A datagram; `payload` is the engine's again when this returns. `flow` is the same for all
   * datagrams of one peer to one address of this port, and for no others of it. `path` makes a lasting path;
   * it is to be called within this call.
   */
  onDatagram(payload: Uint8Array, flow: string, path: () => ReturnPath): void;
  /** Receiving failed; the port goes on. */
  onError(errorCode: string): void;
}

/** Where clients send to. */
export interface DatagramPort {
  /** Answers from the address that was asked. False: the kernel would not take it; it is lost. */
  send(payload: Uint8Array, path: ReturnPath): boolean;
  /** Delivers at once what has arrived and was not read yet. */
  readQueued(): void;
  close(): void;
}

/** What a channel tells its owner. */
export interface ChannelHandler {
  /** A datagram of the server; `payload` is the engine's again when this returns. */
  onAnswer(payload: Uint8Array): void;
  /** Nobody listens there, or no way leads there: the system's code. The channel stays open. */
  onError(errorCode: string): void;
}

/** A socket of our own for one session with one server. */
export interface DatagramChannel {
  /** Null: sent. Else the system's code for why not, or for why one before was not taken. */
  send(payload: Uint8Array): string | null;
  close(): void;
}

/** Ports and channels of one worker thread. */
export interface DatagramEngine {
  /** Receives on a bound socket whose descriptor becomes the engine's. `label` is for errors. */
  bind(fd: number, label: string, handler: PortHandler): DatagramPort;
  /** `host` is an IP address. A string: the system's code for why there is no channel. */
  connect(host: string, port: number, handler: ChannelHandler): DatagramChannel | string;
  /** The peer's address in a path, without brackets. */
  addressOf(path: ReturnPath): string;
  /** This host's address that the peer has asked; '' where the kernel has not said. */
  ownAddressOf(path: ReturnPath): string;
}
