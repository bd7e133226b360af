/** Bounds and paces of the handover drills; the unit is the last word of the name. */
export const limits = {
  advertMs: 100,
  /** From booting a pair, or from a repair, to the preferred host holding the addresses. */
  settleTimeoutMs: 45_000,
  /** From an order to give the addresses away to the other host holding them. */
  moveTimeoutMs: 10_000,
  /** From both hosts being up to the better one holding the addresses by itself. */
  ownMoveMs: 15_000,
  /** A transfer is spread over so long, so that each move has one of each kind under way. */
  bulkMs: 28_000,
  /** How often it is asked who holds them. */
  askEveryMs: 50,
  /** An orderly stop: a drain is capped at 90 s there. */
  stopTimeoutMs: 110_000,
  /** Time left alone: after the clients are ready, and after a move. */
  quietMs: 700,
  /** Between a move and the next one, and after the last. */
  betweenMovesMs: 3_000,
  /** Before a move back while the drain of the one before still lasts. */
  soonMs: 500,
  /** Longest life of a load process. */
  loadMaxMs: 400_000,
  /** From the end of a load to its report: what is on its way, and the transfers. */
  reportTimeoutMs: 120_000,
  /** A client's longest wait at the median of the runs. */
  stallAtMostMs: 20,
  /** With fewer runs than this a single hiccup of the machine decides; the bound is a coarse one. */
  runsForBound: 5,
  coarseStallAtMostMs: 250,
} as const;
