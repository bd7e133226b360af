/** What a connection is at, as bits: booleans would take eight bytes each of every idle one. */
export const Flag = {
  connecting: 1 << 0,
  established: 1 << 1,
  /** Connected a moment ago: a server has had no time to say anything. */
  fresh: 1 << 2,
  reading: 1 << 3,
  readCancelled: 1 << 4,
  /** One read at a time. */
  single: 1 << 5,
  paused: 1 << 6,
  peerEnded: 1 << 7,
  sending: 1 << 8,
  wantsDrain: 1 << 9,
  ending: 1 << 10,
  endSent: 1 << 11,
  /** Nothing but `onClose` any more. */
  closing: 1 << 12,
  /** Nothing is sent any more either. */
  leaving: 1 << 13,
  left: 1 << 14,
  over: 1 << 15,
} as const;
export type Flag = (typeof Flag)[keyof typeof Flag];

/** Such bits, all off. */
export class ConnectionFlags {
  #flags = 0;

  protected is(flag: Flag): boolean {
    return (this.#flags & flag) !== 0;
  }

  protected on(flag: Flag): void {
    this.#flags |= flag;
  }

  protected off(flag: Flag): void {
    this.#flags &= ~flag;
  }
}
