/** Bounds of the abuse run. */
export const limits = {
  secondsMax: 600,
  /** Requests of the well-behaved client: so many a second, over so many connections. */
  requestsPerSecond: 400,
  connections: 8,
  /** A request that has no answer by then counts as lost. */
  answerTimeoutMs: 5_000,
  /** Connections of an attacker that floods, and how often it makes new ones when they are ended. */
  floodConnections: 16,
  reconnectEveryMs: 50,
  /** What a flood writes at a time, and how often: more would be a load test of the attacker. */
  floodEveryMs: 20,
  /** Slow clients of each kind: those that dribble, and those that do not read. */
  slowClients: 1_000,
  deafClients: 100,
  idleClients: 10_000,
  /** Bytes of an answer that nobody reads: more than the kernel holds for anybody. */
  largeBytes: 16 * 1024 * 1024,
  /**
   * An attack begins so long before its effect is measured: a flood at once, what lies still only when
   * the memory of all kernels on its way is full.
   */
  floodLeadMs: 1_500,
  stillLeadMs: 6_000,
  /** How much longer than in peace the slowest hundredth may take: the bound. */
  slowerMax: 2,
  /** Below that a p99 is the machine's own unrest, which doubles by itself. */
  floorMs: 1.5,
  /** With more of our cores' time given to others a measurement says nothing; so many are made. */
  stolenShareMax: 0.005,
  disturbedMax: 5,
} as const;
