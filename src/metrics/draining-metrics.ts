import type { AddressDrainStatus } from '../../proxy/index.ts';
import type { Exposition } from './exposition.ts';

/** Addresses that have series of their own; those beyond are one, `other`. */
const ADDRESSES_MAX = 64;

/** What is still connected to the addresses that leave this host; nothing when none does. */
export function addDrainingMetrics(out: Exposition, draining: readonly AddressDrainStatus[]): void {
  out.gauge('tandem_proxy_draining_addresses', 'Addresses that drain.', {}, draining.length);
  const others: Record<string, number> = {};
  draining.forEach(({ address, leftMs, kinds, oldestMs }, index) => {
    if (index >= ADDRESSES_MAX) {
      for (const [kind, count] of Object.entries(kinds ?? {})) {
        others[kind] = (others[kind] ?? 0) + count;
      }
      return;
    }
    addConnections(out, address, kinds ?? {});
    const left = 'Until what is left is cut.';
    out.gauge('tandem_proxy_draining_left_seconds', left, { address }, leftMs / 1000);
    if (oldestMs === null) return;
    const oldest = 'Age of the oldest connection of an address that drains.';
    out.gauge('tandem_proxy_draining_oldest_seconds', oldest, { address }, oldestMs / 1000);
  });
  addConnections(out, 'other', others);
}

function addConnections(
  out: Exposition,
  address: string,
  kinds: Readonly<Record<string, number>>,
): void {
  const help = 'Connections of clients to addresses that drain; idle: HTTP/1 without a request.';
  for (const [kind, count] of Object.entries(kinds)) {
    out.gauge('tandem_proxy_draining_connections', help, { address, kind }, count);
  }
}
