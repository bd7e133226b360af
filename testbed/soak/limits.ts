/** Bounds of the soak, and what it demands. */
export const limits = {
  secondsMax: 86_400,
  /** Clients that begin in a second, and that are there at once. */
  clientsPerSecond: 300,
  clientsMax: 200,
  /** Clients beside them that wait for each answer. */
  patientClients: 8,
  /** From an answer to their next question. */
  patientPauseMs: 10,
  /** What an engine keeps for small writes and the next message. */
  buffersMax: 2,
  /** A client gives up waiting after this. */
  clientTimeoutMs: 1500,
  /** How often one of the origins dies altogether, and for how long. */
  outageEveryMs: 3000,
  outageMs: 600,
  /** How often the balancer is measured. */
  sampleEveryMs: 500,
  /**
   * How far the least memory in the last quarter may be above the most in the second one, bytes. In the
   * first one caches and compiled code still grow. A leak of 1 kB a client passes it in two minutes.
   */
  growthBytesMax: 16 * 1024 * 1024,
  /** Descriptors in the last quarter, least, above those in the second one, most. */
  growthDescriptorsMax: 0,
  /** From the last client to nothing being left of any. */
  settleTimeoutMs: 15_000,
} as const;
