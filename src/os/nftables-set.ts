/**
 * Asks the kernel for one element of an nftables set by a netlink request of our own (nfnetlink,
 * NFT_MSG_GETSETELEM). libnftables reads every set of the host again after anybody's change before
 * it answers the same question.
 */
import { OsError } from './errors.ts';
import { check, libc } from './libc.ts';
import * as c from './socket-constants.ts';
import { SocketMessage } from './socket-message.ts';

const NETLINK_NETFILTER = 12;
const SOCKADDR_NL_BYTES = 12;
/** `struct nlmsghdr`, then `struct nfgenmsg`. */
const HEADERS_BYTES = 20;
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_NEWSETELEM = 12;
const NFT_MSG_GETSETELEM = 13;
const NLMSG_ERROR = 2;
const NLM_F_REQUEST = 1;
const NLA_F_NESTED = 0x8000;
/** NFTA_SET_ELEM_LIST_TABLE, _SET and _ELEMENTS. */
const LIST_TABLE = 1;
const LIST_SET = 2;
const LIST_ELEMENTS = 3;
/** NFTA_LIST_ELEM, NFTA_SET_ELEM_KEY and NFTA_DATA_VALUE. */
const INNERMOST = 1;
const ENOENT = 2;
/** An answer repeats the request, with a few numbers. */
const DATAGRAM_BYTES_MAX = 4_096;
/** Answers of an earlier, broken-off request that are skipped. */
const ANSWERS_MAX = 8;

/** Family of the tables that hook into an interface. */
export const NFPROTO_NETDEV = 5;

/** Which set: a table of the netdev family, and the set in it. */
export interface SetName {
  readonly table: string;
  readonly set: string;
}

let area: SocketMessage | undefined;

/** A connection to the kernel in the network namespace of the thread that opens it. */
export class NftablesSets {
  readonly #fd: number;
  readonly #message: SocketMessage;
  #sequence = 0;
  #open = true;

  /** Throws OsError. */
  constructor() {
    area ??= new SocketMessage(DATAGRAM_BYTES_MAX);
    this.#message = area;
    const type = c.SOCK_RAW | c.SOCK_NONBLOCK | c.SOCK_CLOEXEC;
    this.#fd = check(libc().socket(c.AF_NETLINK, type, NETLINK_NETFILTER), 'socket', 'nfnetlink');
  }

  /**
   * True while the set has this element: a number of 32 bits in the host's byte order, as an
   * interface index is. An expired element is none. Throws OsError (EPERM...).
   */
  has(name: SetName, element: number): boolean {
    this.#sequence = (this.#sequence + 1) >>> 0;
    const request = encodeRequest(name, element, this.#sequence);
    const kernel = new Uint8Array(SOCKADDR_NL_BYTES);
    kernel[0] = c.AF_NETLINK;
    this.#message.send(this.#fd, request, kernel, [], name.table);
    // The kernel answers before sendmsg returns.
    for (let answers = 0; answers < ANSWERS_MAX; answers++) {
      if (!this.#message.receive(this.#fd, c.MSG_DONTWAIT, name.table)) break;
      const data = this.#message.data();
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      if (data.length < HEADERS_BYTES || view.getUint32(8, true) !== this.#sequence) continue;
      const kind = view.getUint16(4, true);
      if (kind === ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWSETELEM)) return true;
      const code = kind === NLMSG_ERROR ? -view.getInt32(16, true) : 0;
      if (code === ENOENT) return false;
      throw new OsError('NFT_MSG_GETSETELEM', code, `${name.table} ${name.set}`);
    }
    throw new OsError('NFT_MSG_GETSETELEM', c.EAGAIN, `${name.table} ${name.set}`);
  }

  /** A second call does nothing. */
  close(): void {
    if (this.#open) {
      this.#open = false;
      check(libc().close(this.#fd), 'close', 'nfnetlink');
    }
  }
}

/**
 * Table that a notification about nftables concerns: in each kind of them the first attribute type
 * is the table's name. Null for another family than netdev.
 */
export function netdevTableOf(payload: Uint8Array): string | null {
  if (payload[0] !== NFPROTO_NETDEV) return null;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let at = 4; at + 4 <= payload.length; ) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > payload.length) return null;
    if (view.getUint16(at + 2, true) === LIST_TABLE) {
      return Buffer.from(payload.subarray(at + 4, at + length - 1)).toString('latin1');
    }
    at += (length + 3) & ~3;
  }
  return null;
}

function encodeRequest({ table, set }: SetName, element: number, sequence: number): Uint8Array {
  const key = Buffer.alloc(4);
  key.writeUInt32LE(element);
  const value = [INNERMOST, INNERMOST, INNERMOST].reduce(
    (inner, type, depth) => attribute(depth === 0 ? type : type | NLA_F_NESTED, inner),
    key,
  );
  const body = Buffer.concat([
    attribute(LIST_TABLE, Buffer.from(`${table}\0`, 'latin1')),
    attribute(LIST_SET, Buffer.from(`${set}\0`, 'latin1')),
    attribute(LIST_ELEMENTS | NLA_F_NESTED, value),
  ]);
  const headers = Buffer.alloc(HEADERS_BYTES);
  headers.writeUInt32LE(HEADERS_BYTES + body.length, 0);
  headers.writeUInt16LE((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETSETELEM, 4);
  headers.writeUInt16LE(NLM_F_REQUEST, 6);
  headers.writeUInt32LE(sequence, 8);
  headers[16] = NFPROTO_NETDEV;
  return Buffer.concat([headers, body]);
}

/** `struct nlattr` and its payload, padded to a multiple of 4 bytes. */
function attribute(type: number, payload: Buffer): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(4 + ((payload.length + 3) & ~3));
  bytes.writeUInt16LE(4 + payload.length, 0);
  bytes.writeUInt16LE(type, 2);
  payload.copy(bytes, 4);
  return bytes;
}
