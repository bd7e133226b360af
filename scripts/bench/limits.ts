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
  /** Client connections that the contenders are configured for. */
  connectionsMax: 8192,
  /** More than the connections that are measured: for what makes sure that it serves. */
  connectionsSpare: 100,
  /** Descriptors of a process that are left for other things than connections. */
  descriptorsSpare: 500,
  /** Resident memory that changes by less between two looks has settled, ... */
  memorySettledBytes: 128 * 1024,
  memoryLookEveryMs: 250,
  /** ... and is taken as it is after so many. */
  memoryLooksMax: 8,
  roundsMax: 101,
  secondsMax: 600,
  /** Lines of a process's log shown when it fails. */
  logTailLinesMax: 10,
  /** With more of the proxy's core used by others, a result is disturbed and not published. */
  foreignShareMax: 0.05,
  /** So often a disturbed measurement is made again; the one with the least of others' use counts. */
  measuredAgainMax: 2,
  /** The open-loop generator's own lateness at its p99: what no percentile is too small for, ... */
  latenessMaxUs: 100,
  /** ... and its part of the p99 that is measured. With more of both, a result is refused. */
  latenessShareMax: 0.25,
  /** With more of the core of generator and origins in use, they are what is measured. */
  loadCoreShareMax: 0.99,
  /** After the last request is due, for the answers that are still missing. */
  openLoopDrainMs: 2_000,
} as const;
