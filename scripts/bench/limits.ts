/** Every bound of the benchmark in one place; the unit is the last word of the name. */
export const limits = {
  /** From starting a process to its answering. */
  readyTimeoutMs: 10_000,
  /** From SIGTERM to SIGKILL. */
  stopTimeoutMs: 3_000,
  /** A load generator that has not ended so long after its time has hung. */
  loadGraceMs: 15_000,
  /** A request that takes longer is an error of the run. */
  requestTimeoutS: 10,
  roundsMax: 101,
  secondsMax: 600,
  /** Lines of a process's log shown when it fails. */
  logTailLinesMax: 10,
  /** With more of the proxy's core used by others, a result is disturbed and not published. */
  foreignShareMax: 0.05,
} as const;
