import type { AgentStatus } from '../../keepalive/index.ts';

/** The agent's status as its process reports it. */
export interface AgentReport extends AgentStatus {
  readonly events: {
    /** Names this run of the agent; see docs/EVENTS.md. */
    readonly epoch: number;
    /** Number of the last event. */
    readonly sequence: number;
    /** Connected to events.sock. */
    readonly readers: number;
  };
}
