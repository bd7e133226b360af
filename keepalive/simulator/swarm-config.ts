/** The configuration that an edition of a swarm's file comes to, on one host. */
import type { AgentConfig, VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import type { SwarmFile } from './swarm-file.ts';
import type { SwarmOptions } from './swarm-options.ts';

/** The only interface of a host. */
export const simInterface = 'eth0';

/** As far as a script that passes can raise a priority. */
const HIGHEST_TRACKED = 254;
const WEB_VRID = 51;
const EXTRA_VRID = 61;
const EXTRA_ADDRESS = 200;

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

/** What makes one virtual router of the file differ from another. */
interface Place {
  readonly name: string;
  readonly syncGroup?: string;
  readonly vrid: number;
  readonly family: 4 | 6;
  readonly addresses: readonly number[];
  /** By host. */
  readonly priorities: readonly number[];
}

function routerConfig(
  options: SwarmOptions,
  file: SwarmFile,
  index: number,
  { addresses, priorities, ...place }: Place,
): VirtualRouterConfig {
  const { family } = place;
  const { scriptWeight, bfdIntervalMs } = file;
  const prefixLength = family === 4 ? 24 : 64;
  const base = family === 4 ? '198.51.100.' : '2001:db8::';
  const peerPriority = Math.max(...priorities.filter((_, other) => other !== index));
  const peer = hostAddress(options.family, 1 - index);
  return {
    ...place,
    interface: simInterface,
    version: family === 6 ? 3 : options.version,
    priority: priorities[index]!,
    advertIntervalMs: file.advertIntervalMs,
    addresses: addresses.map((one, i) => ({
      // In IPv6 the first is link-local (RFC 9568 section 5.2.9).
      address: `${i === 0 && family === 6 ? 'fe80::' : base}${one}`,
      prefixLength,
    })),
    preempt: file.preempt,
    preemptDelayMs: file.preemptDelayMs,
    startupDelayMs: options.startupDelayMs,
    peer: options.peer,
    peerPriority,
    ...(options.peer === 'other'
      ? {}
      : { peerPriorityMax: (scriptWeight ?? 0) > 0 ? HIGHEST_TRACKED : peerPriority }),
    strictRfc: options.strictRfc,
    ...(options.drainTimeoutMs === null ? {} : { drainTimeoutMs: options.drainTimeoutMs }),
    ...(options.sideLink ? { witness: '198.51.100.1' } : {}),
    ...(bfdIntervalMs === null ? {} : { bfd: { peer, intervalMs: bfdIntervalMs, multiplier: 3 } }),
    track: {
      proxy: options.trackProxy,
      interfaces: [],
      scripts: scriptWeight === null ? [] : ['check'],
    },
  };
}

function places({ family, grouped }: SwarmOptions, file: SwarmFile): Place[] {
  const { addresses, priorities, extras } = file;
  const web = { vrid: WEB_VRID, addresses, priorities };
  const webs: Place[] = grouped
    ? [family, otherFamily(family)].map((one) => ({
        ...web,
        name: `web.ipv${one}`,
        syncGroup: 'web',
        family: one,
      }))
    : [{ ...web, name: 'web', family }];
  const more = Array.from({ length: extras }, (_, i) => ({
    name: `extra${i}`,
    vrid: EXTRA_VRID + i,
    family,
    addresses: [EXTRA_ADDRESS + i],
    priorities: [...priorities.slice(i + 1), ...priorities.slice(0, i + 1)],
  }));
  return [...webs, ...more];
}

/** The configuration of one host under an edition of the file. */
export function agentConfig(options: SwarmOptions, file: SwarmFile, index: number): AgentConfig {
  const { scriptWeight } = file;
  return {
    node: nodeName(index),
    nodes: options.hosts.map((_, i) => nodeName(i)),
    digest: '',
    virtualRouters: places(options, file).map((place) => routerConfig(options, file, index, place)),
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
