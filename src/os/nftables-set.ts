/**
 * Sets of nftables by netlink requests of our own (nfnetlink): whether one has an element, and what is in
 * it from now on. libnftables reads every set of the host again after anybody's change before it answers
 * or changes anything: a millisecond at least, where these take 20 us.
 */
import { OsError } from './errors.ts';
import {
  attribute,
  nestedAttribute,
  numberAttribute,
  textAttribute,
  viewOf,
} from './netlink-attributes.ts';
import { NETLINK_NETFILTER, NetlinkRequests, type Request } from './netlink-request.ts';
import { messageOf, messageType, TABLE_NAME, transaction } from './nftables-message.ts';
import { ENOENT } from './socket-constants.ts';

const NFT_MSG_NEWSETELEM = messageType(12);
const NFT_MSG_GETSETELEM = messageType(13);
const NFT_MSG_DELSETELEM = messageType(14);
const NLM_F_CREATE = 0x400;
/** NFTA_SET_ELEM_LIST_SET and _ELEMENTS. */
const LIST_SET = 2;
const LIST_ELEMENTS = 3;
/** NFTA_LIST_ELEM, NFTA_SET_ELEM_KEY and NFTA_DATA_VALUE. */
const INNERMOST = 1;
/** NFTA_SET_ELEM_TIMEOUT. */
const ELEMENT_TIMEOUT = 4;

/** Family of the tables that hook into an interface. */
export const NFPROTO_NETDEV = 5;

/** Which set: a table of the netdev family, and the set in it. */
export interface SetName {
  readonly table: string;
  readonly set: string;
}

/** What is in a set. */
export interface SetContent {
  readonly set: string;
  /**
   * Its one element, a number of 32 bits in the host's byte order, as an interface index is, and for how
   * many whole ms; null: it does not expire. Absent: the set is empty.
   */
  readonly holds?: { readonly element: number; readonly timeoutMs: number | null };
}

/** A connection to the kernel in the network namespace of the thread that opens it. */
export class NftablesSets {
  /** The constructor throws OsError. */
  readonly #requests = new NetlinkRequests(NETLINK_NETFILTER);

  /** By which port the kernel's notifications name who made a change. Throws OsError. */
  port(): number {
    return this.#requests.port();
  }

  /**
   * Lets these sets of a table of the netdev family hold just this from now on, in one transaction.
   * Throws OsError (ENOENT: there is no such set, EPERM...), and RangeError for a time that is none: the
   * kernel takes 0 for for ever.
   */
  fill(table: string, contents: readonly SetContent[]): void {
    const errno = this.#requests.changeAll(
      transaction(
        contents.flatMap(({ set, holds }) => [
          change(NFT_MSG_DELSETELEM, 0, nameOf({ table, set })),
          ...(holds === undefined
            ? []
            : [change(NFT_MSG_NEWSETELEM, NLM_F_CREATE, [...nameOf({ table, set }), list(holds)])]),
        ]),
      ),
      table,
    );
    if (errno === 0) return;
    throw new OsError('nftables', errno, `${table} ${contents.map(({ set }) => set).join(', ')}`);
  }

  /**
   * True while the set has this element: a number of 32 bits in the host's byte order, as an
   * interface index is. An expired element is none. Throws OsError (EPERM...).
   */
  has({ table, set }: SetName, element: number): boolean {
    const question = messageOf(NFPROTO_NETDEV, [
      ...nameOf({ table, set }),
      list({ element, timeoutMs: null }),
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

function nameOf({ table, set }: SetName): readonly Uint8Array[] {
  return [textAttribute(TABLE_NAME, table), textAttribute(LIST_SET, set)];
}

function list({ element, timeoutMs }: NonNullable<SetContent['holds']>): Uint8Array {
  if (timeoutMs !== null && (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1)) {
    throw new RangeError(`nftables: a timeout of ${timeoutMs} ms`);
  }
  const key = nestedAttribute(INNERMOST, [numberAttribute(INNERMOST, element)]);
  const timeout = timeoutMs === null ? [] : [attribute(ELEMENT_TIMEOUT, bigEndian64(timeoutMs))];
  return nestedAttribute(LIST_ELEMENTS, [nestedAttribute(INNERMOST, [key, ...timeout])]);
}

function change(type: number, flags: number, parts: readonly Uint8Array[]): Request {
  return { type, flags, payload: messageOf(NFPROTO_NETDEV, parts), acknowledged: true };
}

function bigEndian64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigUint64(0, BigInt(value));
  return bytes;
}
