/** Bounds of the differential run. */
export const limits = {
  /** From starting a program to its accepting connections. */
  readyTimeoutMs: 20_000,
  /** From a polite end to a hard one. */
  stopTimeoutMs: 5000,
  /** A judge that has not closed by then waits for bytes that others do not miss. */
  judgeTimeoutMs: 2000,
  /** A case that Tandem has not finished by then hangs, which is a finding. */
  caseTimeoutMs: 6000,
  /** Head and body of one message that a recorder keeps, bytes. */
  messageBytesMax: 4 * 1024 * 1024,
  /** Largest head that a judge has to take: more than Tandem forwards. */
  judgeHeadBytes: 96 * 1024,
} as const;
