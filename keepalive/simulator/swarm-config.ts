/** The configuration that a swarm's options come to. */
import type { AgentConfig, VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import type { SwarmOptions } from './swarm-options.ts';

/** The only interface of a host. */
export const simInterface = 'eth0';

/** As far as a script that passes can raise a priority. */
const HIGHEST_TRACKED = 254;

/** Name of a host in the trace. */
export function nodeName(index: number): string {
  return String.fromCharCode(0x61 + index);
}

/** The address a host sends from. */
export function hostAddress(family: 4 | 6, index: number): string {
  return family === 4 ? `198.51.100.${11 + index}` : `fe80::${11 + index}`;
}

function otherFamily(family: 4 | 6): 4 | 6 {
  return family === 4 ? 6 : 4;
}

/** The same of the other family. */
export function secondAddress(options: SwarmOptions, index: number): Uint8Array {
  const place = options.reversed ? options.hosts.length - index : index;
  return parseIp(hostAddress(otherFamily(options.family), place))!;
}

/** One family's virtual router; in a group it is named after its family. */
function routerConfig(options: SwarmOptions, index: number, family: 4 | 6): VirtualRouterConfig {
  const { scriptWeight, grouped, bfdIntervalMs } = options;
  const prefixLength = family === 4 ? 24 : 64;
  const base = family === 4 ? '198.51.100.' : '2001:db8::';
  const others = options.hosts.filter((_, other) => other !== index);
  const peerPriority = Math.max(...others.map(({ priority }) => priority));
  return {
    name: grouped ? `web.ipv${family}` : 'web',
    ...(grouped ? { syncGroup: 'web' } : {}),
    vrid: 51,
    interface: simInterface,
    family,
    version: family === 6 ? 3 : options.version,
    priority: options.hosts[index]!.priority,
    advertIntervalMs: options.advertIntervalMs,
    addresses: Array.from({ length: options.addressCount }, (_, i) => ({
      // In IPv6 the first is link-local (RFC 9568 section 5.2.9).
      address: `${i === 0 && family === 6 ? 'fe80::' : base}${100 + i}`,
      prefixLength,
    })),
    preempt: options.preempt,
    preemptDelayMs: options.preemptDelayMs,
    startupDelayMs: options.startupDelayMs,
    peer: options.peer,
    peerPriority,
    ...(options.peer === 'other'
      ? {}
      : { peerPriorityMax: (scriptWeight ?? 0) > 0 ? HIGHEST_TRACKED : peerPriority }),
    strictRfc: options.strictRfc,
    ...(options.sideLink ? { witness: '198.51.100.1' } : {}),
    ...(bfdIntervalMs === null
      ? {}
      : {
          bfd: {
            peer: hostAddress(options.family, 1 - index),
            intervalMs: bfdIntervalMs,
            multiplier: 3,
          },
        }),
    track: {
      proxy: options.trackProxy,
      interfaces: [],
      scripts: scriptWeight === null ? [] : ['check'],
    },
  };
}

/** The configuration of one host. */
export function agentConfig(options: SwarmOptions, index: number): AgentConfig {
  const { family, grouped, scriptWeight } = options;
  const families = grouped ? [family, otherFamily(family)] : [family];
  return {
    node: nodeName(index),
    nodes: options.hosts.map((_, i) => nodeName(i)),
    digest: '',
    virtualRouters: families.map((one) => routerConfig(options, index, one)),
    healthScripts:
      scriptWeight === null
        ? []
        : [
            {
              name: 'check',
              command: ['check'],
              intervalMs: options.advertIntervalMs * 5,
              timeoutMs: options.advertIntervalMs,
              rise: 2,
              fall: 2,
              weight: scriptWeight,
            },
          ],
  };
}
