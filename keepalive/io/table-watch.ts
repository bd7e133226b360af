/**
 * Somebody else's changes of our nftables tables (Debian's nftables.service flushes the whole ruleset),
 * heard of through the nftables event group. Nothing is listened to before the first table.
 */
import { NetlinkListener } from '../../src/os/netlink-listener.ts';
import { NETLINK_NETFILTER } from '../../src/os/netlink-request.ts';
import { tableOf } from '../../src/os/nftables-message.ts';

const NFNLGRP_NFTABLES = 7;
const NFNL_SUBSYS_NFTABLES = 10;
/**
 * NFT_MSG_NEWTABLE (which can make one dormant), DELTABLE, NEWCHAIN (and change its policy), DELCHAIN,
 * NEWRULE, DELRULE, DELSET, DELSETELEM: what can take something away.
 */
const HARMFUL_MESSAGES: ReadonlySet<number> = new Set([0, 2, 3, 5, 6, 8, 11, 14]);
/**
 * Time between two looks at the rules, ms: a look asks libnftables, which costs milliseconds where
 * others have large rulesets.
 */
export const LOOK_GAP_MS = 20;

/** Calls back when a table may have been changed, by us too where that is not told apart. */
export class TableWatch {
  /** Whose changes are no reason to look: the port of a netlink socket of ours. */
  #trusted: number | null = null;
  /** By the table, as nft names it with its family. */
  readonly #looks = new Map<string, () => void>();
  readonly #due = new Set<string>();
  #events: NetlinkListener | undefined;
  #nextLook: NodeJS.Timeout | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  /**
   * From now on `look`, which must not throw, is called soon after each change of the table
   * (`netdev tandem_2_ipv4_51`). To be called before the table is made. Throws OsError.
   */
  watch(table: string, look: () => void): void {
    this.#events ??= this.#listen();
    this.#looks.set(table, look);
  }

  /** Changes made by this netlink socket's port are ours, and nobody has to look. */
  trust(port: number): void {
    this.#trusted = port;
  }

  /** No longer. */
  forget(table: string): void {
    this.#looks.delete(table);
  }

  /** Forgets all of them. */
  close(): void {
    this.#events?.close();
    this.#events = undefined;
    clearTimeout(this.#nextLook);
    this.#nextLook = undefined;
    this.#due.clear();
    this.#looks.clear();
  }

  #listen(): NetlinkListener {
    return new NetlinkListener({
      protocol: NETLINK_NETFILTER,
      groups: [NFNLGRP_NFTABLES],
      onMessage: (type, payload, port) => {
        if (port === this.#trusted) return;
        if (type >> 8 !== NFNL_SUBSYS_NFTABLES || !HARMFUL_MESSAGES.has(type & 0xff)) return;
        const table = tableOf(payload);
        if (table !== null && this.#looks.has(table)) this.#lookSoon([table]);
      },
      onLost: () => this.#lookSoon(this.#looks.keys()),
    });
  }

  /** Once for all that one transaction did: a flush tells of every rule. */
  #lookSoon(tables: Iterable<string>): void {
    for (const table of tables) this.#due.add(table);
    this.#nextLook ??= setTimeout(
      () => {
        this.#nextLook = undefined;
        const due = [...this.#due];
        this.#due.clear();
        for (const table of due) this.#looks.get(table)?.();
        this.#lookedAtMs = performance.now();
      },
      Math.max(0, this.#lookedAtMs + LOOK_GAP_MS - performance.now()),
    );
  }
}
