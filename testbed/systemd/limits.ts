/** Bounds of the systemd testbed; the unit is the last word of the name. */
export const limits = {
  /** From starting a container to systemd having reached its target. */
  bootTimeoutMs: 60_000,
  /** dpkg, and what its scripts wait for: a stop that drains takes up to 90 s. */
  installTimeoutMs: 240_000,
  /** From starting the units on both hosts to one holder. */
  electTimeoutMs: 30_000,
  /** From a fault to the other host holding the address. */
  takeoverTimeoutMs: 10_000,
  /** From a fault, or from power, to the preferred host holding the address again. */
  recoveryTimeoutMs: 60_000,
  /** From starting to watch a container to knowing its addresses. */
  watchTimeoutMs: 10_000,
  /** Time that a client is left to itself before a fault and after the recovery. */
  quietMs: 1_000,
  /** Longest time a client asks in one scene. */
  probeMaxMs: 300_000,
  /** A client of a host that died may ask in vain for so long: three adverts and a little. */
  outageMaxMs: 1_000,
  /** What `systemd-analyze security` may find at most, of 10. */
  exposureMax: 3.0,
} as const;
