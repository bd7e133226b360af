/**
 * Asks the kernel for one element of an nftables set by a netlink request of our own (nfnetlink,
 * NFT_MSG_GETSETELEM). libnftables reads every set of the host again after anybody's change before
 * it answers the same question.
 */
import { OsError } from './errors.ts';
import {
  attributesOf,
  joined,
  nestedAttribute,
  numberAttribute,
  textAttribute,
} from './netlink-attributes.ts';
import { NETLINK_NETFILTER, NetlinkRequests } from './netlink-request.ts';

/** `struct nfgenmsg`: family, version, resource. */
const HEADER_BYTES = 4;
/** NFNL_SUBSYS_NFTABLES is 10, and the upper byte of its messages' types. */
const NFT_MSG_NEWSETELEM = (10 << 8) | 12;
const NFT_MSG_GETSETELEM = (10 << 8) | 13;
/** NFTA_SET_ELEM_LIST_TABLE, _SET and _ELEMENTS. */
const LIST_TABLE = 1;
const LIST_SET = 2;
const LIST_ELEMENTS = 3;
/** NFTA_LIST_ELEM, NFTA_SET_ELEM_KEY and NFTA_DATA_VALUE. */
const INNERMOST = 1;
const ENOENT = 2;

/** Family of the tables that hook into an interface. */
export const NFPROTO_NETDEV = 5;

/** Which set: a table of the netdev family, and the set in it. */
export interface SetName {
  readonly table: string;
  readonly set: string;
}

/** A connection to the kernel in the network namespace of the thread that opens it. */
export class NftablesSets {
  /** The constructor throws OsError. */
  readonly #requests = new NetlinkRequests(NETLINK_NETFILTER);

  /**
   * True while the set has this element: a number of 32 bits in the host's byte order, as an
   * interface index is. An expired element is none. Throws OsError (EPERM...).
   */
  has({ table, set }: SetName, element: number): boolean {
    const question = joined([
      Uint8Array.of(NFPROTO_NETDEV, 0, 0, 0),
      textAttribute(LIST_TABLE, table),
      textAttribute(LIST_SET, set),
      nestedAttribute(LIST_ELEMENTS, [
        nestedAttribute(INNERMOST, [
          nestedAttribute(INNERMOST, [numberAttribute(INNERMOST, element)]),
        ]),
      ]),
    ]);
    const answer = this.#requests.get(NFT_MSG_GETSETELEM, NFT_MSG_NEWSETELEM, question, table);
    if (typeof answer !== 'number') return true;
    if (answer === ENOENT) return false;
    throw new OsError('NFT_MSG_GETSETELEM', answer, `${table} ${set}`);
  }

  /** A second call does nothing. */
  close(): void {
    this.#requests.close();
  }
}

/** Names of the families of tables, by their numbers (NFPROTO_*). */
const FAMILIES: Readonly<Record<number, string>> = {
  1: 'inet',
  2: 'ip',
  3: 'arp',
  [NFPROTO_NETDEV]: 'netdev',
  7: 'bridge',
  10: 'ip6',
};

/**
 * Table that a notification about nftables concerns, as nft names it with its family: in each kind of
 * them the first attribute type is the table's name. Null for what is not about a table.
 */
export function tableOf(payload: Uint8Array): string | null {
  const family = FAMILIES[payload[0] ?? 0];
  const name = attributesOf(payload.subarray(HEADER_BYTES))?.get(LIST_TABLE);
  if (family === undefined || name === undefined) return null;
  return `${family} ${Buffer.from(name.subarray(0, -1)).toString('latin1')}`;
}
