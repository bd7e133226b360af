/** The kernel's table of neighbours (rtnetlink(7)), one entry at a time. */
import { OsError } from './errors.ts';
import { attribute, attributesOf, joined, viewOf } from './netlink-attributes.ts';
import { NetlinkRequests } from './netlink-request.ts';
import { AF_INET, AF_INET6, ENOENT } from './socket-constants.ts';

const RTM_NEWNEIGH = 28;
const RTM_GETNEIGH = 30;
const NLM_F_CREATE = 0x400;
/** `struct ndmsg`: family u8, pad, index i32, state u16, flags u8, type u8. */
const NDMSG_BYTES = 12;
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NTF_USE = 0x01;
/** Reachable, stale, delay, probe, noarp, permanent: the address of the link layer is known. */
const NUD_VALID = 0x02 | 0x04 | 0x08 | 0x10 | 0x40 | 0x80;
const MAC_BYTES = 6;

/** A connection to the kernel in the network namespace of the thread that opens it. */
export class Neighbours {
  readonly #requests = new NetlinkRequests();

  /** MAC address (6 bytes) of a neighbour, 4 or 16 bytes; null while it is not known. Throws OsError. */
  macOf(interfaceIndex: number, ip: Uint8Array): Uint8Array | null {
    const question = joined([header(interfaceIndex, ip, 0), attribute(NDA_DST, ip)]);
    const answer = this.#requests.get(RTM_GETNEIGH, RTM_NEWNEIGH, question, 'neighbour');
    if (typeof answer === 'number') {
      if (answer === ENOENT) return null;
      throw new OsError('RTM_GETNEIGH', answer, 'neighbour');
    }
    const known = (viewOf(answer).getUint16(8, true) & NUD_VALID) !== 0;
    const mac = attributesOf(answer.subarray(NDMSG_BYTES))?.get(NDA_LLADDR);
    return known && mac?.length === MAC_BYTES ? Uint8Array.from(mac) : null;
  }

  /** Has the kernel ask for a neighbour, as if there were a packet for it. Throws OsError (EPERM). */
  ask(interfaceIndex: number, ip: Uint8Array): void {
    const wanted = joined([header(interfaceIndex, ip, NTF_USE), attribute(NDA_DST, ip)]);
    const errno = this.#requests.change(RTM_NEWNEIGH, NLM_F_CREATE, wanted, 'neighbour');
    if (errno !== 0) throw new OsError('RTM_NEWNEIGH', errno, 'neighbour');
  }

  /** A second call does nothing. */
  close(): void {
    this.#requests.close();
  }
}

function header(interfaceIndex: number, ip: Uint8Array, flags: number): Uint8Array {
  const bytes = new Uint8Array(NDMSG_BYTES);
  bytes[0] = ip.length === 4 ? AF_INET : AF_INET6;
  viewOf(bytes).setInt32(4, interfaceIndex, true);
  bytes[10] = flags;
  return bytes;
}
