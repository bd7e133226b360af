/** The message rules of an HTTP listener. */
import type { HttpRulesConfig } from './proxy-config.ts';
import type { ListenerEntry } from './schema/index.ts';

/** As the balancer wants them. */
export function compileHttpRules(
  listener: Extract<ListenerEntry, { protocol: 'http' }>,
  certificateFields: readonly string[],
): HttpRulesConfig {
  const { client_ip, forwarded, via, underscore_headers, upgrades } = listener;
  return {
    clientIp: client_ip ?? null,
    forwarded,
    via,
    underscores: underscore_headers,
    upgrades,
    certificateFields,
  };
}
