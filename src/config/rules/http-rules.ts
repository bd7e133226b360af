/** Whom an HTTP listener believes. */
import { formatVirtualAddress } from '../endpoints.ts';
import { type Rule, warning } from './rule.ts';

/** A list that has everybody in it is no list. */
export const trustedAreSome: Rule = ({ config }) =>
  Object.entries(config.listeners).flatMap(([name, listener]) => {
    if (listener.protocol !== 'http') return [];
    const trusted = listener.client_ip?.trusted ?? [];
    return trusted.flatMap((network, index) => {
      if (network.prefixLength > 0) return [];
      const path = ['listeners', name, 'client_ip', 'trusted', index];
      const message =
        `found ${formatVirtualAddress(network)}: every client may say that it is another one; ` +
        'list the proxies';
      return [warning(path, message)];
    });
  });
