/** Bounds and paces of `handover-cost`; the unit is the last word of the name. */
export const limits = {
  roundsMax: 50,
  secondsMax: 40,
  /** The new Active host serves at least so much of what it serves without a drain. */
  throughputAtLeast: 0.95,
  /** Connections that keep the drain going, and say nothing. */
  quietConnections: 50,
  /** Connections whose packets are passed on, and messages that they send a second, together. */
  busyConnections: 50,
  messagesPerSecond: 8_000,
  /** How often they go to and fro between passed on and not. */
  passingTurns: 3,
  messageBytes: 64,
  /** Packets that must have been passed on for a message; what is on its way when it is counted is missing. */
  packetsAtLeast: 0.9,
  /** How often those that are due are sent. */
  sendEveryMs: 2,
  /** Connections of wrk, on one thread. */
  wrkConnections: 16,
  openTimeoutMs: 10_000,
  /** Longest life of the clients' process. */
  clientsMaxMs: 300_000,
  drainTimeoutMs: 20_000,
} as const;
