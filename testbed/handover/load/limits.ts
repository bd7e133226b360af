/** Bounds and paces of the load; the unit is the last word of the name. */
export const limits = {
  http1EveryMs: 500,
  messageEveryMs: 50,
  http2EveryMs: 250,
  http2Streams: 2,
  tcpEveryMs: 50,
  tcpBlockBytes: 256,
  freshEveryMs: 5,
  /** Bytes of a transfer go out in portions of this age. */
  bulkEveryMs: 5,
  /** An exchange without an answer for so long has failed, and its connection is given up. */
  exchangeTimeoutMs: 3_000,
  /** Before a connection that could not be made is tried again. */
  redialMs: 50,
  /** The clients' first connections are made over this time. */
  openingMs: 2_000,
  /** From the start to every client having had an answer. */
  readyTimeoutMs: 30_000,
  /** After the end of the load: for what is on its way, and for transfers under way. */
  bulkGraceMs: 60_000,
  /** How often it is looked whether who measures runs on time. */
  pauseLookEveryMs: 5,
  /** Less than this is a timer's granularity. */
  pauseMinMs: 2,
  /** How often a client that ends looks whether its last answer has come. */
  finishLookEveryMs: 5,
  /** Kept of what went wrong, for each kind. */
  incidentsMax: 30,
  /** Samples of a kind; beyond it the rest is not kept, and the report says so. */
  samplesMax: 4_000_000,
  /** Longest gaps that an origin tells of an upload. */
  uploadGapsMax: 2_000,
  /** Gaps of an upload shorter than this are its pace. */
  uploadGapMinMs: 12,
} as const;
