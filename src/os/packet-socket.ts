/** Ethernet frames out of an interface, header included (AF_PACKET). Needs CAP_NET_RAW. */
import { check, libc } from './libc.ts';
import { AF_PACKET, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from './socket-constants.ts';

const SOCKADDR_LL_BYTES = 20;
const ETHERNET_HEADER_BYTES = 14;
const MAC_BYTES = 6;

/** Sends on any interface; it is bound to no protocol, so it receives nothing. */
export class PacketSocket {
  readonly #fd: number;
  #open = true;

  /** Throws OsError: EPERM without CAP_NET_RAW. */
  constructor() {
    const type = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC;
    this.#fd = check(libc().socket(AF_PACKET, type, 0), 'socket', 'AF_PACKET, SOCK_RAW');
  }

  /**
   * Sends one frame, which starts with its Ethernet header. Throws OsError: ENXIO when there is no
   * such interface, ENETDOWN when it is down.
   */
  send(interfaceIndex: number, frame: Uint8Array): void {
    if (frame.length < ETHERNET_HEADER_BYTES) {
      throw new RangeError(`a frame of ${frame.length} bytes has no Ethernet header`);
    }
    const address = new Uint8Array(SOCKADDR_LL_BYTES);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_PACKET, true);
    address.set(frame.subarray(12, 14), 2);
    view.setInt32(4, interfaceIndex, true);
    view.setUint8(11, MAC_BYTES);
    address.set(frame.subarray(0, MAC_BYTES), 12);
    const sent = libc().sendto(this.#fd, frame, frame.length, 0, address, address.length);
    check(sent, 'sendto', `interface ${interfaceIndex}, ${frame.length} bytes`);
  }

  /** A second call does nothing. */
  close(): void {
    if (this.#open) {
      this.#open = false;
      check(libc().close(this.#fd), 'close', 'AF_PACKET');
    }
  }
}
