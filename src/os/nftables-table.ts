/**
 * Tables of nftables by netlink requests of our own: what a counter in one says, and the end of one.
 * libnftables reads the host's whole ruleset again before it does either, 1 to 10 ms for one of ours.
 */
import { OsError } from './errors.ts';
import { attribute, attributesOf, textAttribute, viewOf } from './netlink-attributes.ts';
import { NETLINK_NETFILTER, NetlinkRequests } from './netlink-request.ts';
import {
  attributesIn,
  messageOf,
  messageType,
  partsOf,
  TABLE_NAME,
  transaction,
} from './nftables-message.ts';
import { ENOENT } from './socket-constants.ts';

const NFT_MSG_DELTABLE = messageType(2);
const NFT_MSG_NEWOBJ = messageType(18);
const NFT_MSG_GETOBJ = messageType(19);
/** NFTA_OBJ_NAME, _TYPE and _DATA; NFT_OBJECT_COUNTER. */
const OBJECT_NAME = 2;
const OBJECT_TYPE = 3;
const OBJECT_DATA = 4;
const COUNTER_OBJECT = Uint8Array.of(0, 0, 0, 1);
/** NFTA_COUNTER_BYTES and _PACKETS. */
const COUNTER_BYTES = 1;
const COUNTER_PACKETS = 2;

/** What a counter has counted. */
export interface CounterValue {
  readonly packets: number;
  readonly bytes: number;
}

/** A connection to the kernel in the network namespace of the thread that opens it. */
export class NftablesTables {
  /** The constructor throws OsError. */
  readonly #requests = new NetlinkRequests(NETLINK_NETFILTER);

  /** The value of a named counter of a table (`ip filter`). Throws OsError (ENOENT: there is none, EPERM...). */
  counter(table: string, counter: string): CounterValue {
    const { family, name } = partsOf(table);
    const question = messageOf(family, [
      textAttribute(TABLE_NAME, name),
      textAttribute(OBJECT_NAME, counter),
      attribute(OBJECT_TYPE, COUNTER_OBJECT),
    ]);
    const answer = this.#requests.get(NFT_MSG_GETOBJ, NFT_MSG_NEWOBJ, question, table);
    if (typeof answer === 'number')
      throw new OsError('NFT_MSG_GETOBJ', answer, `${table} ${counter}`);
    const data = attributesIn(answer)?.get(OBJECT_DATA);
    const values = data && attributesOf(data);
    return { packets: numberIn(values, COUNTER_PACKETS), bytes: numberIn(values, COUNTER_BYTES) };
  }

  /** Removes a table with all that is in it; false: there was none. Throws OsError (EPERM...). */
  remove(table: string): boolean {
    const { family, name } = partsOf(table);
    const payload = messageOf(family, [textAttribute(TABLE_NAME, name)]);
    const change = { type: NFT_MSG_DELTABLE, flags: 0, payload, acknowledged: true };
    const errno = this.#requests.changeAll(transaction([change]), table);
    if (errno !== 0 && errno !== ENOENT) throw new OsError('NFT_MSG_DELTABLE', errno, table);
    return errno === 0;
  }

  /** A second call does nothing. */
  close(): void {
    this.#requests.close();
  }
}

function numberIn(values: ReturnType<typeof attributesOf> | undefined, type: number): number {
  const value = values?.get(type);
  return value?.length === 8 ? Number(viewOf(value).getBigUint64(0)) : 0;
}
