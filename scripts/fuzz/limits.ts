/** Bounds of the fuzzer, and what it demands of the agents. */
export const limits = {
  /** Longest run, seconds. */
  secondsMax: 86_400,
  /** Frames of one kind in one round: less than what an agent's socket holds while it is busy. */
  framesPerRound: 300,
  /** Connections to each unix socket in one round. */
  connectionsPerRound: 6,
  /** Longest random input, bytes. */
  inputBytesMax: 1_400,
  /** From a round's last frame to its being counted by the agents. */
  countedTimeoutMs: 10_000,
  /** From starting the pair to both halves of both hosts being ready. */
  readyTimeoutMs: 40_000,
  /**
   * How far the least that an agent holds in the last quarter may be above the most that it held in the
   * second one, bytes. In the first one caches and compiled code still grow. The young generation may still
   * double, which is 22 MiB at once. In ten minutes a leak of 100 bytes a packet passes it.
   */
  growthBytesMax: 32 * 1024 * 1024,
  /** Lines that an agent and its balancer may log without any reason, and in each second. */
  logLinesMax: 150,
  logLinesPerSecondMax: 5,
  /** Share of the adverts that may leave more than half an interval late. */
  lateShareMax: 0.01,
} as const;
