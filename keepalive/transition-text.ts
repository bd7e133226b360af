/** Transitions in an operator's words. */
import { formatIp } from '../src/os/ip-address.ts';
import type { TransitionReason } from './virtual-router/action.ts';
import type { HandoverCause, ShutdownCause } from './virtual-router/event.ts';

const SHUTDOWN_TEXT: Record<ShutdownCause, string> = {
  stop: 'the agent is stopping',
  'link-down': 'the interface has no carrier or is down',
  'interface-missing': 'the interface does not exist',
  'no-source-address': 'the interface has no address to advertise from',
  'socket-error': 'the advertisement socket cannot be opened',
};

const HANDOVER_TEXT: Record<HandoverCause, string> = {
  operator: 'an operator asked for it',
  priority: 'our priority fell below its',
  preempted: 'it is the better host and asked for them',
  stop: 'the agent is stopping',
};

/** Why a router is out of the election. */
export function describeShutdown(cause: ShutdownCause): string {
  return SHUTDOWN_TEXT[cause];
}

/** Milliseconds with one decimal below ten: `0.4 ms`, `361 ms`. */
export function millis(micros: number): string {
  const value = micros / 1000;
  return value < 10 ? `${Math.round(value * 10) / 10} ms` : `${Math.round(value)} ms`;
}

/** The reason of a transition as the end of a log line. */
export function describeReason(reason: TransitionReason): string {
  switch (reason.code) {
    case 'started':
      return 'taking part in the election';
    case 'owner':
      return 'this node owns the addresses (priority 255)';
    case 'silence':
      return reason.heard === null
        ? `no Active router heard for ${millis(reason.micros)}`
        : `no advertisement from ${formatIp(reason.heard.source)} for ${millis(reason.micros)}`;
    case 'resigned':
      return `${formatIp(reason.heard.source)} resigned (priority 0)`;
    case 'peer-lost':
      return `BFD lost ${formatIp(reason.heard.source)}: no sign of it for ${millis(reason.micros)}`;
    case 'peer-lower':
      return (
        `${formatIp(reason.heard.source)} advertises priority ${reason.heard.priority}, ` +
        `below ours (${reason.priority})`
      );
    case 'peer-higher':
      return reason.heard.priority === reason.priority
        ? `${formatIp(reason.heard.source)} has our priority (${reason.priority}) ` +
            'and the higher address'
        : `${formatIp(reason.heard.source)} advertises priority ${reason.heard.priority}, ` +
            `above ours (${reason.priority})`;
    case 'replaced-while-stalled':
      return (
        `this process did not run for ${millis(reason.stalledMicros)} and ` +
        `${formatIp(reason.heard.source)} took over meanwhile`
      );
    case 'handed-over':
      return `handed over to the peer: ${HANDOVER_TEXT[reason.cause]}`;
    case 'given':
      return `${formatIp(reason.heard.source)} handed the addresses over`;
    case 'fell-behind':
      return `our priority fell from ${reason.before} to ${reason.priority}: handed to the peer`;
    case 'group':
      return `together with ${reason.member}, of the same sync group`;
    case 'duplicate':
      return `the other node, at ${reason.mac}, answers for the addresses as well`;
    case 'shutdown':
      return describeShutdown(reason.cause);
  }
}

/** The router's evidence as plain values, for the status and the log's fields. */
export function reasonFields(reason: TransitionReason): Record<string, string | number> {
  const fields: Record<string, string | number> = { reason: reason.code };
  if ('heard' in reason && reason.heard !== null) {
    fields.peer = formatIp(reason.heard.source);
    fields.peerPriority = reason.heard.priority;
  }
  if (reason.code === 'silence' || reason.code === 'peer-lost')
    fields.silentMs = reason.micros / 1000;
  if (reason.code === 'replaced-while-stalled') fields.stalledMs = reason.stalledMicros / 1000;
  if (reason.code === 'handed-over') fields.cause = reason.cause;
  if (reason.code === 'group') fields.member = reason.member;
  if (reason.code === 'duplicate') fields.mac = reason.mac;
  if (reason.code === 'shutdown') fields.cause = reason.cause;
  return fields;
}
