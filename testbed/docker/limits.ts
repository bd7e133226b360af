/** Bounds of the Docker testbed; the unit is the last word of the name. */
export const limits = {
  /** Building the image: on a slow line its base and packages are downloaded first. */
  buildTimeoutMs: 600_000,
  /** Any other command of `docker` or Compose; stopping an edge takes up to its grace period. */
  commandTimeoutMs: 120_000,
  /** A few words to a shell that is already running in a container. */
  shellTimeoutMs: 5_000,
  /** From starting an edge to its agent being sound, and between two questions whether it is. */
  readyTimeoutMs: 45_000,
  readyEveryMs: 250,
  /** Attempts at removing everything: a container may be on its way while the first one runs. */
  removalAttemptsMax: 3,
  /** Lines of an edge's log in the message of a drill that went wrong. */
  logLinesMax: 20,
} as const;
