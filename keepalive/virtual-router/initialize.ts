/** Initialize: waiting for a Startup event (RFC 9568 section 6.4.1). */
import type { RouterEvent } from './event.ts';
import type { InitializeState } from './state.ts';
import type { Step } from './step.ts';
import { enterActive, enterBackup } from './transition.ts';

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
      });
    }
    case 'standing':
      return { state: { ...before, standing: event.standing }, actions: [] };
    case 'advertisement':
    case 'shutdown':
    case 'tick':
    case 'doubt':
    case 'lease-lost':
    case 'peer-lost':
    case 'group':
      return { state: before, actions: [] };
  }
}
