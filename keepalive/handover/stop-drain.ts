import type { AgentConfig } from '../../src/config/agent-config.ts';
import { stopDrainMaxMicros } from '../limits.ts';

/** How long an agent that is told to stop may wait for connections to end, ms. */
export function longestStopDrainMs({ virtualRouters }: AgentConfig): number {
  const longest = Math.max(0, ...virtualRouters.map(({ drainTimeoutMs = 0 }) => drainTimeoutMs));
  return Math.min(longest, stopDrainMaxMicros / 1000);
}
