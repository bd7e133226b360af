/** Who serves the clients of a listener from their next request on, when the config is another one. */
import { isDeepStrictEqual } from 'node:util';
import type { ListenerConfig } from '../../src/config/proxy-config.ts';
import type { WorkerSocket } from '../worker-messages.ts';

/**
 * The listener that clients of `former` go on with: one that has some of its sockets and asks of a new
 * connection what `former` has asked; of several the one of its name. Null: none.
 */
export function heirOf(
  former: ListenerConfig,
  before: readonly WorkerSocket[],
  after: readonly WorkerSocket[],
  listeners: readonly ListenerConfig[],
): ListenerConfig | null {
  const own = before.filter(({ listener }) => listener === former.name);
  const keys = new Set(own.map(({ key }) => key));
  const names = new Set(after.filter(({ key }) => keys.has(key)).map(({ listener }) => listener));
  const fit = listeners.filter((one) => names.has(one.name) && asksAlike(former, one));
  return fit.find(({ name }) => name === former.name) ?? (fit.length === 1 ? fit[0]! : null);
}

/** Would a connection of the one have come through the same at the other? */
function asksAlike(former: ListenerConfig, next: ListenerConfig): boolean {
  if (former.protocol !== next.protocol) return false;
  if (!isDeepStrictEqual(former.acceptProxy, next.acceptProxy)) return false;
  if (former.protocol === 'udp' || next.protocol === 'udp') return true;
  if (former.tls === null || next.tls === null) return former.tls === next.tls;
  return isDeepStrictEqual(former.tls.clientCertificates, next.tls.clientCertificates);
}
