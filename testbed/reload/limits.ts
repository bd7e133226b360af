/** Bounds and paces of the reload drill; the unit is the last word of the name. */
export const limits = {
  /** Reloads of each host, and how much time they have in all. */
  reloads: 100,
  overMs: 60_000,
  /** Beyond it, before the last one is late. */
  graceMs: 6_000,
  /** Between two adverts of the Active host, in intervals. */
  advertGapIntervals: 1.5,
  /** The first reloads compile code and fill caches: memory is looked at after them. */
  warmUpReloads: 20,
  /** From a change of state to its being told. */
  settleTimeoutMs: 20_000,
  /** Before the first reload, so that the clients' own start is over. */
  quietMs: 2_000,
  /** After the last one. */
  afterwardsMs: 3_000,
  /** A transfer in each direction is spread over so long. */
  bulkMs: 28_000,
  loadMaxMs: 300_000,
} as const;
