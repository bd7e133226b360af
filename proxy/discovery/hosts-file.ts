/** The hosts file: names that an administrator, or a container engine, gave addresses by hand. */
import { formatIp, parseIp } from '../../src/os/ip-address.ts';

/** Addresses by name (lower case), in the file's order. */
export type HostsTable = ReadonlyMap<string, readonly string[]>;

/**
 * Reads `address name [name ...] [# comment]` lines (hosts(5)). Lines that are none are skipped, as
 * everybody does who reads this file; a zone (`fe80::1%eth0`) makes a line none.
 */
export function parseHosts(text: string): HostsTable {
  const table = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [written = '', ...names] = line
      .replace(/#.*/, '')
      .split(/\s+/)
      .filter((word) => word !== '');
    const bytes = parseIp(written);
    if (bytes === null) continue;
    const address = formatIp(bytes);
    for (const name of names) {
      const key = name.toLowerCase().replace(/\.$/, '');
      const known = table.get(key);
      if (known === undefined) table.set(key, [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return table;
}

const LOOPBACK = ['127.0.0.1', '::1'];

/** What the hosts file says of a name; null: nothing. `localhost` never needs a name server. */
export function hostsAddresses(table: HostsTable, name: string): readonly string[] | null {
  const found = table.get(name);
  if (found !== undefined) return found;
  // RFC 6761 section 6.3.
  return name === 'localhost' || name.endsWith('.localhost') ? LOOPBACK : null;
}
