/**
 * The life of a stream (RFC 9113 5.1), as one table, seen from the side that answers: the peer opens
 * it. The side that asks uses the same table with the two sides exchanged.
 *
 *     idle --headers--> open --theirs end--> half closed (remote) --ours end--> closed
 *                        |----ours end----> half closed (local) --theirs end--> closed
 *                        |----a reset of either side------------------------> closed
 */

export const StreamState = {
  idle: 0,
  open: 1,
  /** They have ended, we have not. */
  halfClosedRemote: 2,
  /** We have ended, they have not. */
  halfClosedLocal: 3,
  closed: 4,
} as const;
export type StreamState = (typeof StreamState)[keyof typeof StreamState];

/** What moves a stream on. */
export type StreamEvent = 'headers' | 'data' | 'theirEnd' | 'theirReset' | 'ourEnd' | 'ourReset';

/** What is wrong about an event in a state; where nothing is, the next state. */
export type StreamStep = StreamState | 'connection_error' | 'stream_closed';

const { idle, open, halfClosedRemote, halfClosedLocal, closed } = StreamState;

/** By state, then by event. */
const STEPS: Readonly<Record<StreamState, Readonly<Record<StreamEvent, StreamStep>>>> = {
  [idle]: {
    headers: open,
    data: 'connection_error',
    theirEnd: 'connection_error',
    theirReset: 'connection_error',
    ourEnd: 'connection_error',
    ourReset: 'connection_error',
  },
  [open]: {
    headers: open,
    data: open,
    theirEnd: halfClosedRemote,
    theirReset: closed,
    ourEnd: halfClosedLocal,
    ourReset: closed,
  },
  [halfClosedRemote]: {
    headers: 'stream_closed',
    data: 'stream_closed',
    theirEnd: 'stream_closed',
    theirReset: closed,
    ourEnd: closed,
    ourReset: closed,
  },
  [halfClosedLocal]: {
    headers: halfClosedLocal,
    data: halfClosedLocal,
    theirEnd: closed,
    theirReset: closed,
    ourEnd: 'stream_closed',
    ourReset: closed,
  },
  [closed]: {
    headers: 'stream_closed',
    data: 'stream_closed',
    theirEnd: 'stream_closed',
    theirReset: closed,
    ourEnd: 'stream_closed',
    ourReset: closed,
  },
};

/** What an event makes of a stream in a state. */
export function streamStep(state: StreamState, event: StreamEvent): StreamStep {
  return STEPS[state][event];
}
