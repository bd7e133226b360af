/** What a client connection is doing. */
export const State = {
  /** Between requests, or in the middle of a head. */
  head: 0,
  exchange: 1,
  /** Answered and ended; what still comes is thrown away. */
  linger: 2,
  /** Another object has the connection. */
  tunnel: 3,
  closed: 4,
} as const;
export type State = (typeof State)[keyof typeof State];

/** Why a client connection is not read, as bits. */
export const Hold = { body: 1, pipeline: 2 } as const;

/** What it means when the deadline of a client connection expires. */
export type Waiting = 'request' | 'head' | 'body' | 'drain' | 'close';

/** An object that is filled in again for each message, and only read by those who get it. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
