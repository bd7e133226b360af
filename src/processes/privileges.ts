import { effectiveCapabilities } from '../os/capabilities.ts';
import { StartupError } from './startup-error.ts';

/** What the agent cannot do without: addresses and nftables; raw and packet sockets. */
const AGENT_NEEDS = ['CAP_NET_ADMIN', 'CAP_NET_RAW'] as const;

/** Throws a StartupError naming the missing capabilities and three ways to have them. */
export function demandAgentPrivileges(): void {
  const have = effectiveCapabilities();
  const missing = AGENT_NEEDS.filter((name) => !have.has(name));
  if (missing.length === 0) return;
  throw new StartupError(
    `the VRRP agent needs ${missing.join(' and ')} to claim virtual addresses.\n` +
      '  On a host, start tandem-keepalive.service, which has them; in a container, add\n' +
      '  `--cap-add NET_ADMIN --cap-add NET_RAW --cap-add SYS_NICE`; by hand, use sudo.\n' +
      '  The balancer alone needs none: tandem proxy',
  );
}
