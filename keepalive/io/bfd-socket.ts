import { OsError } from '../../src/os/errors.ts';
import { interfaceIndex } from '../../src/os/interface-index.ts';
import { UdpSocket } from '../../src/os/udp-socket.ts';
import type { BfdSocket, BfdSocketOptions, Logger, ReceivedBfdPacket } from '../ports.ts';
import type { InterfaceTable } from './interface-table.ts';

/** RFC 5881 section 4: where control packets of single-hop sessions go. */
const BFD_PORT = 3784;
/** RFC 5881 section 4: where they come from, one port per session. */
const SOURCE_PORT_MIN = 49_152;
const SOURCE_PORT_MAX = 65_535;
/** Ports tried before the last refusal counts. */
const SOURCE_PORT_TRIES_MAX = 16;
const EADDRNOTAVAIL = 99;

/** What receives on port 3784 of one interface, for every session there. */
interface Receiver {
  readonly socket: UdpSocket;
  readonly listeners: Set<(packet: ReceivedBfdPacket) => void>;
}

/**
 * The kernel's form of BFD's sockets: port 3784 of an interface is shared by its sessions, and each
 * session sends from a port of its own (RFC 5881 section 4). Who a packet is for, and whether its hop
 * limit is good, is decided above.
 */
export class BfdSockets {
  readonly #table: InterfaceTable;
  readonly #log: Logger;
  /** By interface index and family. */
  readonly #receivers = new Map<string, Receiver>();
  readonly #open = new Set<{ close(): void }>();

  constructor(table: InterfaceTable, log: Logger) {
    this.#table = table;
    this.#log = log;
  }

  /** Opens the socket of one session. Throws OsError: ENODEV, EADDRINUSE (another BFD daemon)... */
  open({ interface: name, peer, onPacket }: BfdSocketOptions): BfdSocket {
    const family = peer.length === 4 ? 4 : 6;
    const key = `${interfaceIndex(name)}/${family}`;
    const receiver = this.#receivers.get(key) ?? this.#openReceiver(name, family, key);
    let sender: UdpSocket;
    try {
      sender = this.#openSender(name, family);
    } catch (error) {
      this.#release(key, receiver);
      throw error;
    }
    receiver.listeners.add(onPacket);
    const socket: BfdSocket = {
      send: (message) => {
        const source = this.#table.sourceTowards(sender.interfaceIndex, peer);
        if (source === null) {
          throw new OsError('sendmsg', EADDRNOTAVAIL, `${name} has no address to send BFD from`);
        }
        sender.send(message, source, peer, BFD_PORT);
      },
      readQueued: () => receiver.socket.readQueued(),
      close: () => {
        if (!this.#open.delete(socket)) {
          return;
        }
        receiver.listeners.delete(onPacket);
        this.#release(key, receiver);
        sender.close();
      },
    };
    this.#open.add(socket);
    return socket;
  }

  /** Closes what is still open. */
  close(): void {
    for (const socket of [...this.#open]) {
      socket.close();
    }
  }

  #openReceiver(name: string, family: 4 | 6, key: string): Receiver {
    const listeners: Receiver['listeners'] = new Set();
    const socket = new UdpSocket({
      family,
      interface: name,
      port: BFD_PORT,
      onDatagram: (datagram) => {
        for (const listener of listeners) {
          listener(datagram);
        }
      },
      onError: (error) => this.#failed(name, family, error),
    });
    const receiver = { socket, listeners };
    this.#receivers.set(key, receiver);
    return receiver;
  }

  /** The last session of an interface gives the port back. */
  #release(key: string, { socket, listeners }: Receiver): void {
    if (listeners.size === 0) {
      this.#receivers.delete(key);
      socket.close();
    }
  }

  /** A random port: a session started anew must not be taken for the one before it. */
  #openSender(name: string, family: 4 | 6): UdpSocket {
    for (let tries = 1; ; tries++) {
      const span = SOURCE_PORT_MAX - SOURCE_PORT_MIN + 1;
      try {
        return new UdpSocket({
          family,
          interface: name,
          port: SOURCE_PORT_MIN + Math.floor(Math.random() * span),
          // Nobody answers to this port.
          onDatagram: () => {},
          onError: (error) => this.#failed(name, family, error),
        });
      } catch (error) {
        const taken = error instanceof OsError && error.code === 'EADDRINUSE';
        if (!taken || tries === SOURCE_PORT_TRIES_MAX) {
          throw error;
        }
      }
    }
  }

  #failed(name: string, family: 4 | 6, error: OsError): void {
    this.#log.warn({ interface: name, family, code: error.code }, error.message);
  }
}
