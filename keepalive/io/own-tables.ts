/** Tables of ours in nftables, told from everybody else's by their name and by the comment on them. */
import { createHash } from 'node:crypto';
import type { Nftables } from '../../src/os/nftables.ts';

/** First part of every table's name. */
const TABLE_PREFIX = 'tandem_';

/** Whose table: one virtual router on its interface. */
export interface TableOwner {
  readonly interfaceIndex: number;
  readonly family: 4 | 6;
  /** 1-255. */
  readonly vrid: number;
}

/** The table of one virtual router; a table of its own, so that each is made and removed alone. */
export function routerTable({ interfaceIndex, family, vrid }: TableOwner): string {
  return `${TABLE_PREFIX}${interfaceIndex}_ipv${family}_${vrid}`;
}

/**
 * Comment on the tables of one instance of Tandem, which its runtime directory tells from others on
 * this host: the sweep removes no one else's. A digest, for a path may hold what nftables cannot.
 */
export function instanceMark(runtimeDir: string): string {
  return `tandem ${createHash('sha256').update(runtimeDir).digest('hex').slice(0, 12)}`;
}

/** The instance's tables of one of nft's families, as nft names them without it. Throws NftablesError. */
export function ownTables(
  nftables: Nftables,
  family: 'netdev' | 'ip' | 'ip6',
  mark: string,
): readonly string[] {
  const listed = nftables.run(`list tables ${family}\n`);
  return listed
    .split('\n')
    .map((line) => line.slice(`table ${family} `.length))
    .filter((table) => table.startsWith(TABLE_PREFIX))
    .filter((table) => nftables.asMade(`${family} ${table}`)?.includes(`comment "${mark}"`));
}

/** The kernel allows a quote in an interface name; nftables has no way to write one. */
export function quotedInterface(name: string): string {
  if (/["\\\n]/.test(name)) {
    throw new RangeError(`nftables cannot name the interface ${JSON.stringify(name)}`);
  }
  return `"${name}"`;
}

/** A MAC address as nftables has it. */
export function macText(mac: Uint8Array): string {
  return [...mac].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
