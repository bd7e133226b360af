/** Bounds of HTTP/2 that no configuration changes; docs/HTTP2.md says what each is for. */

/** CONTINUATION frames of one block of fields; each may have 16 KiB. */
export const CONTINUATIONS_MAX = 32;

/** Fields of one block beyond those that a head may have, before the connection is given up. */
export const BLOCK_FIELDS_EXTRA = 900;

/** Bytes of a compressed block beyond what its head may have: a block is hardly larger than its text. */
export const BLOCK_BYTES_EXTRA = 4096;

/** Bytes of frames of one connection that are gathered to be written together. */
export const OUTPUT_BYTES_MAX = 32 * 1024;
/** Connections of a thread that gather at a time, each in memory of that size. */
export const OUTPUTS_MAX = 64;

/** Content of one stream that is sent before it is another's turn. */
export const TURN_BYTES_MAX = 16 * 1024;

/** Content of all streams of a connection that waits for the peer, before new streams are refused. */
export const WAITING_BYTES_MAX = 2 * 1024 * 1024;

/** Objects of streams that a connection keeps for its next requests. */
export const SPARE_STREAMS_MAX = 16;
/** As many when none is open: an idle connection should take no more memory than it must. */
export const SPARE_STREAMS_IDLE_MAX = 1;

/** Streams that we ended before the client had, so that more of them may come: so many are remembered. */
export const CUT_STREAMS_MAX = 256;

/** From an answer to the reset of its stream, when the client still sends; at most two ticks of the deadlines more. */
export const LATE_RESET_MS = 10;

/** So many such resets wait at most; far fewer than streams are remembered as cut. */
export const LATE_RESETS_MAX = 32;

/** After the first GOAWAY of an orderly end, streams that are on their way are taken for so long. */
export const GOAWAY_GRACE_MS = 1000;

/** Requests that one connection to a server carries at a time, if the server allows as many. */
export const ORIGIN_STREAMS_MAX = 128;
/** Content of one answer that a server may send before the client has taken it. */
export const ORIGIN_STREAM_WINDOW_BYTES = 128 * 1024;
/** Of all answers: were it less, clients that take nothing of some could keep all others from theirs. */
export const ORIGIN_WINDOW_BYTES = (ORIGIN_STREAMS_MAX + 1) * ORIGIN_STREAM_WINDOW_BYTES;

/** What we composed for a server ourselves: as long as anything may become. */
export const COMPOSED_HEAD_BYTES_MAX = 256 * 1024;
export const COMPOSED_HEADERS_MAX = 2048;

/** What a peer may do so often at once, and per second from then on, before it is sent away. */
export interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

/** Behaviour that costs us more than the peer, by name. */
export const ALLOWANCES = {
  /** Streams that the client resets (CVE-2023-44487). */
  resets: { burst: 200, perSecond: 30 },
  /** Streams that we had to reset for what the client did (CVE-2025-8671). */
  faults: { burst: 100, perSecond: 10 },
  /** Streams beyond the number that may be open at a time. */
  refused: { burst: 300, perSecond: 30 },
  settings: { burst: 20, perSecond: 1 },
  pings: { burst: 100, perSecond: 10 },
  /** DATA frames without content that end nothing. */
  empty_data: { burst: 50, perSecond: 5 },
  /** PRIORITY and PRIORITY_UPDATE. */
  priority: { burst: 1000, perSecond: 100 },
  /** WINDOW_UPDATE beyond two for each DATA frame that we send. */
  window_updates: { burst: 1000, perSecond: 100 },
  /** Frames of types that we do not know. */
  unknown_frames: { burst: 100, perSecond: 10 },
} as const satisfies Readonly<Record<string, Allowance>>;

export type AbuseKind = keyof typeof ALLOWANCES;

/** Sources that were sent away and are remembered, by each worker and listener, and for how long. */
export const ABUSIVE_SOURCES_MAX = 1024;
export const SUSPICION_MS = 60_000;
/** What such a source has used up of each burst when it comes back. */
export const SUSPECT_SHARE = 15 / 16;

/** Servers may do so much more: the requests of many clients end with a connection to one. */
export const ORIGIN_PATIENCE = 20;

/** Kinds that are found by other means than counting. */
export type AbuseName = AbuseKind | 'continuations' | 'block_too_large' | 'too_many_fields';
