/**
 * Links and addresses of this host, read and changed through rtnetlink.
 *
 * Requests run one after the other: the `netlink` package mixes up an answer that arrives between
 * the parts of a dump.
 */
import { createRequire } from 'node:module';
import type { NetlinkSocket } from 'netlink/dist/netlink.js';
import { OsError } from './errors.ts';
import { formatIp } from './ip-address.ts';
import {
  type AddressOptions,
  decodeAddress,
  decodeLink,
  encodeAddress,
  encodeAddressDump,
  encodeLinkDump,
  type InterfaceAddress,
  type NetworkLink,
  RTM_DELADDR,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_NEWADDR,
} from './netlink-message.ts';

const NETLINK_ROUTE = 0;
const NLMSG_ERROR = 2;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;
const NLM_F_REPLACE = 0x100;
const NLM_F_CREATE_EXCLUSIVE = 0x600;
const EAGAIN = 11;
const EEXIST = 17;
const EADDRNOTAVAIL = 99;

/** The kernel answers within the call; this only bounds a socket that broke, ms. */
const REQUEST_TIMEOUT_MS = 2_000;
/** Requests that may wait for their turn. */
const REQUESTS_WAITING_MAX = 1_024;
/** A dump during which the table changed is taken again this often. */
const DUMP_ATTEMPTS_MAX = 5;

const CALLS: Readonly<Record<number, string>> = {
  [RTM_NEWADDR]: 'RTM_NEWADDR',
  [RTM_DELADDR]: 'RTM_DELADDR',
  [RTM_GETADDR]: 'RTM_GETADDR',
  [RTM_GETLINK]: 'RTM_GETLINK',
};

const require = createRequire(import.meta.url);

/** An interface: the kernel goes by the index, the operator by the name. */
export interface LinkName {
  readonly index: number;
  readonly name: string;
}

/** Links and addresses. Reading needs no privilege, changing CAP_NET_ADMIN. */
export class RouteNetlink {
  #socket: NetlinkSocket | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  /** Opens the socket. Throws an Error of the `netlink` package when there is none to be had. */
  constructor() {
    this.#socket = this.#openSocket();
  }

  /** All interfaces. Throws OsError. */
  async links(): Promise<NetworkLink[]> {
    const payloads = await this.#dump(RTM_GETLINK, encodeLinkDump());
    return payloads.map(decodeLink).filter((link) => link !== null);
  }

  /** All IPv4 and IPv6 addresses, on each interface in the kernel's order. Throws OsError. */
  async addresses(): Promise<InterfaceAddress[]> {
    const payloads = await this.#dump(RTM_GETADDR, encodeAddressDump());
    return payloads.map(decodeAddress).filter((address) => address !== null);
  }

  /**
   * Puts an address on an interface: IPv4 with the prefix given, IPv6 without duplicate address
   * detection and deprecated (never a source of this host's own connections). An IPv6 address that
   * is there but unusable is repaired. With `validSeconds` the kernel removes the address that much
   * later, and adding it again gives it that much longer. Throws OsError (EPERM, ENODEV, EACCES:
   * IPv6 is off there).
   */
  async addAddress(
    link: LinkName,
    ip: Uint8Array,
    prefixLength: number,
    options: AddressOptions = {},
  ): Promise<'added' | 'present'> {
    const change = (flags: number) =>
      this.#change(RTM_NEWADDR, flags, link, ip, prefixLength, options);
    const add = () => change(NLM_F_CREATE_EXCLUSIVE);
    if ((await add()) !== EEXIST) {
      return 'added';
    }
    if (options.validSeconds !== undefined) {
      await change(NLM_F_REPLACE);
      return 'present';
    }
    const there = await this.#find(link, ip);
    const unusable = there.filter((address) => address.tentative || address.duplicate);
    if (there.length > unusable.length) {
      return 'present';
    }
    for (const address of unusable) {
      await this.#change(RTM_DELADDR, 0, link, ip, address.prefixLength);
    }
    return (await add()) === EEXIST ? 'present' : 'added';
  }

  /** Takes an address off an interface, whatever its prefix length there. Throws OsError. */
  async removeAddress(
    link: LinkName,
    ip: Uint8Array,
    prefixLength: number,
  ): Promise<'removed' | 'absent'> {
    const remove = (length: number) => this.#change(RTM_DELADDR, 0, link, ip, length);
    if ((await remove(prefixLength)) === 0) {
      return 'removed';
    }
    const others = await this.#find(link, ip);
    for (const address of others) {
      await remove(address.prefixLength);
    }
    return others.length === 0 ? 'absent' : 'removed';
  }

  /** Requests still waiting fail. A second call does nothing. */
  close(): void {
    this.#closed = true;
    this.#socket?.close();
    this.#socket = undefined;
  }

  async #find(link: LinkName, ip: Uint8Array): Promise<InterfaceAddress[]> {
    const all = await this.addresses();
    return all.filter(
      (address) => address.interfaceIndex === link.index && Buffer.compare(address.ip, ip) === 0,
    );
  }

  /** 0, or the errno that means the address is already so; any other errno is thrown. */
  async #change(
    type: number,
    flags: number,
    link: LinkName,
    ip: Uint8Array,
    prefixLength: number,
    options: AddressOptions = {},
  ): Promise<number> {
    const detail = `${link.name}, ${formatIp(ip)}/${prefixLength}`;
    const payload = encodeAddress(link.index, ip, prefixLength, options);
    const { errno } = await this.#request(type, flags, payload, detail);
    const harmless = type === RTM_NEWADDR ? EEXIST : EADDRNOTAVAIL;
    if (errno !== 0 && errno !== harmless) {
      throw new OsError(CALLS[type]!, errno, detail);
    }
    return errno;
  }

  async #dump(type: number, payload: Uint8Array): Promise<Uint8Array[]> {
    for (let attempt = 0; attempt < DUMP_ATTEMPTS_MAX; attempt++) {
      const answer = await this.#request(type, NLM_F_DUMP, payload, 'all');
      if (answer.errno !== 0) {
        throw new OsError(CALLS[type]!, answer.errno, 'all');
      }
      if (!answer.interrupted) {
        return answer.payloads;
      }
    }
    throw new OsError(CALLS[type]!, EAGAIN, `changed in each of ${DUMP_ATTEMPTS_MAX} dumps`);
  }

  #request(type: number, flags: number, payload: Uint8Array, detail: string): Promise<Answer> {
    if (this.#waiting >= REQUESTS_WAITING_MAX) {
      throw new OsError(CALLS[type]!, EAGAIN, `${detail}: ${this.#waiting} requests wait`);
    }
    this.#waiting++;
    const turn = this.#last.then(async () => {
      try {
        return await this.#exchange(type, flags, payload, detail);
      } finally {
        this.#waiting--;
      }
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #exchange(
    type: number,
    flags: number,
    payload: Uint8Array,
    detail: string,
  ): Promise<Answer> {
    if (this.#closed) {
      throw new Error(`${CALLS[type]}(${detail}): the netlink socket is closed`);
    }
    this.#socket ??= this.#openSocket();
    const options = { flags, timeout: REQUEST_TIMEOUT_MS, checkError: false };
    try {
      const [messages] = await this.#socket.request(type, Buffer.from(payload), options);
      const error = messages.find((message) => message.type === NLMSG_ERROR);
      return {
        errno: error === undefined ? 0 : -error.data.readInt32LE(0),
        interrupted: messages.some((message) => (message.flags & NLM_F_DUMP_INTR) !== 0),
        payloads: messages.map((message) => message.data),
      };
    } catch (error) {
      // Whatever the socket still holds belongs to nobody now.
      this.#socket?.close();
      this.#socket = undefined;
      throw new Error(`${CALLS[type]}(${detail}): ${(error as Error).message}`, { cause: error });
    }
  }

  #openSocket(): NetlinkSocket {
    // The package's main entry would bring wireless and WireGuard tables along: 4 MB of memory.
    const netlink = require('netlink/dist/netlink.js') as typeof import('netlink/dist/netlink.js');
    const socket = netlink.createNetlink(NETLINK_ROUTE);
    // The package has closed it by then; the request in flight ends by its timeout.
    socket.on('error', () => {
      if (this.#socket === socket) {
        this.#socket = undefined;
      }
    });
    return socket;
  }
}

interface Answer {
  readonly errno: number;
  readonly interrupted: boolean;
  readonly payloads: Uint8Array[];
}
