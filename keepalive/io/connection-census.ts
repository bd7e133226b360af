import { parseIp } from '../../src/os/ip-address.ts';
import { countConnections, endTimeWaits } from '../../src/os/sock-diag.ts';
import type { ConnectionCensus } from '../handover/handover-ports.ts';

/** Counts what the kernel has; nothing is open between two counts. */
export function openConnectionCensus(): ConnectionCensus {
  let open = true;
  return {
    async count(addresses) {
      if (!open) throw new Error('the census is closed');
      return countConnections(addresses.map(bytesOf));
    },
    async forget(addresses) {
      if (!open) throw new Error('the census is closed');
      await endTimeWaits(addresses.map(bytesOf));
    },
    close() {
      open = false;
    },
  };
}

function bytesOf(address: string): Uint8Array {
  const ip = parseIp(address);
  if (ip === null) throw new RangeError(`"${address}" is not an IP address`);
  return ip;
}
