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
    asksPeer: asksPeer(config),
    grouped: config.syncGroup !== undefined,
    drainMicros: drainMicros(config),
    preemptDelayMicros: (config.preemptDelayMs ?? 0) * 1000,
    startupDelayMicros: (config.startupDelayMs ?? 0) * 1000,
  };
}

/** An owner gives nothing away, and whoever knows the RFC only understands no agreement. */
function drainMicros({
  drainTimeoutMs = 0,
  peer,
  strictRfc,
  priority,
}: VirtualRouterConfig): number {
  const agrees = peer === 'tandem' && !strictRfc && priority !== ownerPriority;
  return agrees ? drainTimeoutMs * 1000 : 0;
}

/** Design 4.2 rule 4: without a witness there is no veto, nor where only the RFC's signals count. */
function asksPeer({ witness, peer, strictRfc, priority }: VirtualRouterConfig): boolean {
  return witness !== undefined && peer === 'tandem' && !strictRfc && priority !== ownerPriority;
}
