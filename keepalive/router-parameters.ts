import type { VirtualRouterConfig } from '../src/config/agent-config.ts';
import { ownerPriority } from './virtual-router/priority.ts';
import type { RouterParameters } from './virtual-router/state.ts';

/** The state machine's parameters out of the configuration. */
export function parametersOf(config: VirtualRouterConfig): RouterParameters {
  return {
    version: config.version,
    advertIntervalMicros: config.advertIntervalMs * 1000,
    preempt: config.preempt,
    owner: config.priority === ownerPriority,
    peer: config.peer,
    peerPriority: config.peerPriority ?? null,
    strictRfc: config.strictRfc,
    grouped: config.syncGroup !== undefined,
    preemptDelayMicros: (config.preemptDelayMs ?? 0) * 1000,
    startupDelayMicros: (config.startupDelayMs ?? 0) * 1000,
  };
}
