import { parseIp } from '../../src/os/ip-address.ts';
import { countConnections } from '../../src/os/sock-diag.ts';
import type { ConnectionCensus } from '../handover/handover-ports.ts';

/** Counts what the kernel has; nothing is open between two counts. */
export function openConnectionCensus(): ConnectionCensus {
  let open = true;
  return {
    async count(addresses) {
      if (!open) throw new Error('the census is closed');
      const bytes = addresses.map((address) => {
        const ip = parseIp(address);
        if (ip === null) throw new RangeError(`"${address}" is not an IP address`);
        return ip;
      });
      return countConnections(bytes);
    },
    close() {
      open = false;
    },
  };
}
