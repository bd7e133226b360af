/** Initialize: waiting for a Startup event (RFC 9568 section 6.4.1). */
import type { RouterEvent } from './event.ts';
import type { InitializeState } from './state.ts';
import type { Step } from './step.ts';
import { activeDownInterval } from './timers.ts';
import { enterActive, enterBackup, yields } from './transition.ts';

/** One event in Initialize. */
export function stepInitialize(before: InitializeState, event: RouterEvent, now: number): Step {
  switch (event.type) {
    case 'startup': {
      const state = { ...before, leased: event.leased };
      // 6.4.1: the address owner is Active at once, everybody else listens first, with its own
      // interval as Active_Adver_Interval.
      if (state.parameters.owner) return enterActive(state, now, { code: 'owner' });
      return enterBackup(state, now, {
        heard: null,
        intervalMicros: state.parameters.advertIntervalMicros,
        reason: { code: 'started' },
        extraMicros: startupExtra(state),
      });
    }
    case 'standing':
      return { state: { ...before, standing: event.standing }, actions: [] };
    case 'reconfigure':
      return reconfigured(before, event);
    case 'hold': {
      const { onHold, released } = event;
      return { state: { ...before, onHold, yielded: before.yielded && !released }, actions: [] };
    }
    case 'hand-over':
      // The rest of its sync group is given away.
      return { state: { ...before, yielded: before.yielded || yields(event.cause) }, actions: [] };
    case 'advertisement':
    case 'shutdown':
    case 'tick':
    case 'doubt':
    case 'lease-lost':
    case 'peer-lost':
    case 'peer-heard':
    case 'peer-answer':
    case 'group':
    case 'duplicate':
    case 'handover-answer':
    case 'expect':
    case 'given':
    case 'drained':
      return { state: before, actions: [] };
  }
}

/**
 * Departure: silence right after a start may be that of a switch port which does not forward yet. An
 * advertisement heard proves that it does, and starts the timer with its usual interval.
 */
function startupExtra({ parameters, standing }: InitializeState): number {
  const { version, advertIntervalMicros, startupDelayMicros, strictRfc } = parameters;
  if (strictRfc) return 0;
  const usual = activeDownInterval(version, standing.priority, advertIntervalMicros);
  return Math.max(0, startupDelayMicros - usual);
}

function reconfigured(
  before: InitializeState,
  { parameters, standing }: RouterEvent & { type: 'reconfigure' },
): Step {
  return { state: { ...before, parameters, standing }, actions: [] };
}
