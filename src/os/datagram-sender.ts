/** Datagrams to one place, sent without ever waiting: what syslog needs and Node's dgram lacks (unix). */
import { OsError } from './errors.ts';
import { check, errno, libc } from './libc.ts';
import { unixAddress } from './sd-notify.ts';
import { encodeSocketAddress } from './socket-address.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  MSG_DONTWAIT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
} from './socket-constants.ts';

/** Where datagrams go: the path of a unix socket, or an address (4 or 16 bytes) and a UDP port. */
export type DatagramTarget =
  | { readonly path: string }
  | { readonly ip: Uint8Array; readonly port: number };

/** An open socket that only sends. */
export class DatagramSender {
  readonly #fd: number;
  readonly #address: Uint8Array;
  readonly #name: string;
  #open = true;

  /** `name` is for messages. Throws OsError when there is no descriptor left. */
  constructor(target: DatagramTarget, name: string) {
    this.#name = name;
    let family = AF_UNIX;
    if (!('path' in target)) family = target.ip.length === 4 ? AF_INET : AF_INET6;
    this.#address =
      'path' in target ? unixAddress(target.path) : encodeSocketAddress({ ...target, scope: 0 });
    const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    this.#fd = check(libc().socket(family, type, 0), 'socket', name);
  }

  /** Sends one datagram; the error when the kernel does not take it now: nobody there, or full. */
  send(bytes: Uint8Array): OsError | null {
    const { length } = bytes;
    const address = this.#address;
    const sent = libc().sendto(this.#fd, bytes, length, MSG_DONTWAIT, address, address.length);
    return sent < 0 ? new OsError('sendto', errno(), this.#name) : null;
  }

  close(): void {
    if (this.#open) libc().close(this.#fd);
    this.#open = false;
  }
}
