/** Bounds of the burn check. */
export const burnLimits = {
  /** Longest time that a burner keeps a core busy. */
  secondsMax: 600,
  /** More tries than this would hide a defect rather than a busy machine. */
  triesMax: 3,
  /** So many burners for each core. */
  perCore: 2,
  /** From starting a pair to its having settled. */
  settleTimeoutMs: 60_000,
  /** Between the start of the burners and the first look at what they do. */
  rampMs: 500,
} as const;
