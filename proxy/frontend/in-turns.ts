import { FOLLOWERS_PER_TURN_MAX } from '../limits.ts';

/** Takes all steps, some in each turn of the event loop so that no client waits for it; the first at once. */
export function inTurns(steps: Iterator<void>): void {
  for (let taken = 0; taken < FOLLOWERS_PER_TURN_MAX; taken++) {
    if (steps.next().done === true) return;
  }
  setImmediate(() => inTurns(steps));
}
