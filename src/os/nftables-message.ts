/** What requests to nftables over netlink (nfnetlink), and its notifications, have in common. */
import { attributesOf, joined } from './netlink-attributes.ts';
import type { Request } from './netlink-request.ts';

/** `struct nfgenmsg`: family, version, resource. */
const HEADER_BYTES = 4;
/** NFNL_SUBSYS_NFTABLES, the upper byte of its messages' types. */
const NFTABLES = 10;
/** NFNL_MSG_BATCH_BEGIN and _END: what stands between them is one transaction. */
const BATCH_BEGIN = 16;
const BATCH_END = 17;
/** The first attribute of each kind of message is the table's name (NFTA_TABLE_NAME, NFTA_OBJ_TABLE...). */
export const TABLE_NAME = 1;

/** Names of the families of tables, by their numbers (NFPROTO_*). */
const FAMILIES: Readonly<Record<number, string>> = {
  1: 'inet',
  2: 'ip',
  3: 'arp',
  5: 'netdev',
  7: 'bridge',
  10: 'ip6',
};

/** A table as nft names it with its family, `ip tandem_2_ipv4_51`, in two parts. Throws RangeError. */
export function partsOf(table: string): { readonly family: number; readonly name: string } {
  const [word, name] = table.split(' ');
  const family = Object.keys(FAMILIES).find((number) => FAMILIES[Number(number)] === word);
  if (family === undefined || !name) throw new RangeError(`nftables: no table "${table}"`);
  return { family: Number(family), name };
}

/** The type of a message, of which `message` is the NFT_MSG_* number. */
export function messageType(message: number): number {
  return (NFTABLES << 8) | message;
}

/** The payload of a message about something of this family. */
export function messageOf(family: number, parts: readonly Uint8Array[]): Uint8Array {
  return joined([Uint8Array.of(family, 0, 0, 0), ...parts]);
}

/** Changes, as one transaction. */
export function transaction(changes: readonly Request[]): readonly Request[] {
  return [bracket(BATCH_BEGIN), ...changes, bracket(BATCH_END)];
}

/** Names the subsystem in network order, where other messages have nothing. */
function bracket(type: number): Request {
  return { type, flags: 0, payload: Uint8Array.of(0, 0, 0, NFTABLES), acknowledged: false };
}

/** The attributes of an answer or a notification; undefined: it is malformed. */
export function attributesIn(payload: Uint8Array): ReturnType<typeof attributesOf> {
  return attributesOf(payload.subarray(HEADER_BYTES));
}

/**
 * Table that a notification about nftables concerns, as nft names it with its family: in each kind of
 * them the first attribute type is the table's name. Null for what is not about a table.
 */
export function tableOf(payload: Uint8Array): string | null {
  const family = FAMILIES[payload[0] ?? 0];
  const name = attributesIn(payload)?.get(TABLE_NAME);
  if (family === undefined || name === undefined) return null;
  return `${family} ${Buffer.from(name.subarray(0, -1)).toString('latin1')}`;
}
