/** Bounds and paces of the drills; the unit is the last word of the name. */
export const limits = {
  /** From booting a pair, or from a repair, to the preferred edge being Active and answering. */
  settleTimeoutMs: 45_000,
  /** Between two questions whether an edge that was started is ready. */
  readyEveryMs: 100,
  /** Quiet time before a drill begins: a pair that has just settled may still be announcing. */
  quietMs: 700,
  /** Steady traffic before the fault. */
  steadyMs: 800,
  /** Longest wait for the other edge to hold the address, in advertisement intervals. */
  takeoverWaitIntervals: 20,
  /** And at least this long. */
  takeoverWaitMinMs: 2_500,
  /** Observation after the address has moved (or did not). */
  afterwardsMs: 800,
  /** Between two ARP questions of a drill that watches who answers for the address. */
  askEveryMs: 10,
  /** How long a frozen edge stays frozen, in advertisement intervals and at least. */
  frozenIntervals: 6,
  frozenMinMs: 1_500,
  /** How long the cable of the flapping link is out, and then in, at a time. */
  flapOutMs: 250,
  flapInMs: 1_000,
  /** How long the hosts do not hear each other. */
  partitionMs: 3_000,
  /** How long all origins are dead. */
  originsDeadMs: 2_500,
  /** Two failed checks a second apart, each with its timeout, or one that succeeds. */
  healthNoticedMs: 2_500,
  /** Turns of the slow origin, 300 ms each. */
  slowTurns: 12,
  /** Until the pair's gateway tracker, and its health script, have noticed. */
  gatewayNoticedMs: 3_000,
  scriptNoticedMs: 1_500,
  /** Until a host tells that its config is another than its peer's. */
  driftToldMs: 5_000,
  /** How long a wall clock is wrong: until it is looked at, and a while. */
  clockWrongMs: 3_000,
  /** How long a disk is full. */
  diskFullMs: 1_500,
  /** Longest wait for an edge that was started to take the address back. */
  returnTimeoutMs: 20_000,
  /** Longest run of the clients of one drill. */
  probeDurationMs: 60_000,
} as const;
