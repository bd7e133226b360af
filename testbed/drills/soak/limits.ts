/** Bounds of the soak of a pair; the unit is the last word of the name. */
export const limits = {
  hoursMax: 168,
  /** Between two drills, up to so long, by the seed. */
  pauseMaxMs: 2_000,
  /** Tries of a drill that missed a bound: both hosts and their clients share this machine. */
  triesMax: 3,
  /** From the end of a drill to the preferred edge holding the address. */
  returnTimeoutMs: 45_000,
  /** From then to nobody else having it configured: a drain, and a little. */
  drainedTimeoutMs: 15_000,
  /** From a drill to every process being there that was there at first. */
  restartTimeoutMs: 30_000,
  /** How much more there may be than at most in the first round, in which every drill ran once. */
  memoryFactorMax: 1.3,
  descriptorsFactorMax: 1.3,
} as const;
