/**
 * What the host itself lacks for a config that is right, for `tandem check`. Pure; host-facts.ts
 * asks the host. All of it works without, and less well.
 */
import type { EffectiveConfig } from '../config/index.ts';

/** What is asked of a host. Nothing of it needs a privilege. */
export interface HostFacts {
  /** As in `uname -r`: 6.1.0-18-amd64. */
  kernelRelease(): string;
  /** Why libnftables cannot be loaded; null when it can. */
  nftablesMissing(): string | null;
  /** net.ipv4.tcp_migrate_req; null where the kernel has no such setting. */
  migratesRequests(): boolean | null;
}

/** Chains that hook into what leaves an interface. */
const EGRESS_KERNEL = [5, 16] as const;

/** One sentence each, with what to do. `node`: which of the file's nodes this host is. */
export function hostWarnings(
  config: EffectiveConfig,
  node: string | null,
  host: HostFacts,
): readonly string[] {
  const pair = node !== null && Object.keys(config.nodes).length > 1;
  const routers = Object.keys(config.virtual_routers).length > 0;
  const plain = !routers && Object.keys(config.nodes).length === 0;
  return [
    ...(pair && routers ? leaseWarnings(host) : []),
    ...(node !== null || plain ? listenerWarnings(config, host) : []),
  ];
}

function leaseWarnings(host: HostFacts): string[] {
  const without =
    'without it there is no lease, and a host that is frozen or killed answers for its ' +
    'addresses for up to 2.5 s beside its successor';
  const release = host.kernelRelease();
  const missing = host.nftablesMissing();
  return [
    ...(isOlder(release)
      ? [`kernel ${release}; needed for the lease: ${EGRESS_KERNEL.join('.')} or newer; ${without}`]
      : []),
    ...(missing === null ? [] : [`${missing}; ${without}`]),
  ];
}

function listenerWarnings({ listeners }: EffectiveConfig, host: HostFacts): string[] {
  if (Object.keys(listeners).length === 0 || host.migratesRequests() !== false) return [];
  return [
    'net.ipv4.tcp_migrate_req is 0, so a listening socket that closes resets the connections that ' +
      'wait in it; usual: sysctl -w net.ipv4.tcp_migrate_req=1, and a file in /etc/sysctl.d',
  ];
}

function isOlder(release: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  if (!Number.isInteger(major) || !Number.isInteger(minor)) return false;
  return major < EGRESS_KERNEL[0] || (major === EGRESS_KERNEL[0] && minor < EGRESS_KERNEL[1]);
}
