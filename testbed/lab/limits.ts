/** Every bound of the lab in one place; the unit is the last word of the name. */
export const limits = {
  /** Hosts of one lab: each is a namespace, a veth pair and a helper process. */
  hostsMax: 32,
  /** A helper command (`ip`, `nft`, `nsenter`) that takes longer has hung. */
  commandTimeoutMs: 10_000,
  /** From asking a helper command to end to killing it. */
  commandStopTimeoutMs: 10_000,
  /** Output kept of one helper command. */
  commandOutputBytesMax: 16 * 1024 * 1024,
  /** From starting a host's namespaces to their being usable. */
  hostReadyTimeoutMs: 10_000,
  /** From starting an origin to its listening. */
  originReadyTimeoutMs: 10_000,
  /** From starting an edge to its answering. */
  edgeReadyTimeoutMs: 15_000,
  /** From asking an edge to stop to its having stopped. */
  edgeStopTimeoutMs: 15_000,
  /** From SIGKILL to every process of a host being gone. */
  killTimeoutMs: 5_000,
  /** A packet capture's first line on standard error. */
  captureReadyTimeoutMs: 10_000,
  /** Answers one ARP asker remembers: over an hour at one per 10 ms would be too many to print. */
  arpAnswersMax: 50_000,
  /** From starting an ARP asker, or from ending it, to its line. */
  askerTimeoutMs: 10_000,
  /** Longest wait for an advert: the slowest interval is 40 s. */
  advertTimeoutMs: 45_000,
  /** Longest run of one prober. */
  probeDurationMaxMs: 3_600_000,
  /** Attempts one prober remembers; beyond it the run ends early and says so. */
  probeAttemptsMax: 2_000_000,
  /** Shortest time between two attempts of one prober. */
  probeEveryMinMs: 1,
  /** Persistent connections of one prober. */
  probeConnectionsMax: 256,
  /** Response head and body a prober reads before it gives an attempt up. */
  probeResponseBytesMax: 64 * 1024,
  /** From spawning a prober to its first line. */
  probeReadyTimeoutMs: 10_000,
} as const;
