/** Bounds and paces of the drills; the unit is the last word of the name. */
export const limits = {
  /** From booting a pair, or from a repair, to the preferred edge being Active and answering. */
  settleTimeoutMs: 45_000,
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
  /** Longest wait for an edge that was started to take the address back. */
  returnTimeoutMs: 20_000,
  /** Longest run of the clients of one drill. */
  probeDurationMs: 60_000,
} as const;
