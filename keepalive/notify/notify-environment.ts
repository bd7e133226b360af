import type { AgentEvent } from '../events/event-types.ts';

/** One transition that a command is to be run for. */
export interface Notice {
  readonly epoch: number;
  /** Number of the transition in the event stream. */
  readonly sequence: number;
  readonly transition: Extract<AgentEvent, { type: 'transition' }>;
}

/** What a notify command finds in its environment, with what docs/VRRP.md says of it. */
export const notifyVariables = {
  TANDEM_ROUTER: 'name of the virtual router; `web.ipv6` for the IPv6 half of `web`',
  TANDEM_VRID: 'its VRID',
  TANDEM_INTERFACE: 'its interface',
  TANDEM_STATE: 'the state it is in now: `Initialize`, `Backup` or `Active`',
  TANDEM_PREVIOUS: 'the state it was in before',
  TANDEM_REASON: 'why, a word that does not change, such as `silence` or `peer-higher`',
  TANDEM_WHY: 'the same as a sentence for people',
  TANDEM_PRIORITY: 'effective priority at that moment',
  TANDEM_EPOCH: 'names this run of the agent, see docs/EVENTS.md',
  TANDEM_SEQUENCE: 'number of the transition in the event stream',
  TANDEM_SKIPPED: 'transitions since the run before for which the command was too slow',
} as const;

/** The variables' values for one run. */
export function notifyEnvironment(
  { epoch, sequence, transition }: Notice,
  skipped: number,
): Record<keyof typeof notifyVariables, string> {
  return {
    TANDEM_ROUTER: transition.router,
    TANDEM_VRID: String(transition.vrid),
    TANDEM_INTERFACE: transition.interface,
    TANDEM_STATE: transition.to,
    TANDEM_PREVIOUS: transition.from,
    TANDEM_REASON: String(transition.evidence.reason ?? ''),
    TANDEM_WHY: transition.why,
    TANDEM_PRIORITY: String(transition.priority),
    TANDEM_EPOCH: String(epoch),
    TANDEM_SEQUENCE: String(sequence),
    TANDEM_SKIPPED: String(skipped),
  };
}
