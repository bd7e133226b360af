/** HTTP/2 of a listener, as the balancer gets it. Types only; proxy/ may import this file. */

export interface Http2Config {
  /** Clients may begin with the preface without TLS; those that do not speak HTTP/1. */
  readonly cleartext: boolean;
  /** Streams that a client may have open at a time. */
  readonly streamsMax: number;
  /** Content of one request that may be under way before it is taken. */
  readonly streamWindowBytes: number;
  /** The same, of all requests of a connection. */
  readonly windowBytes: number;
  /** A client with open streams that is silent for so long is asked for a sign of life; 0: never. */
  readonly pingAfterMs: number;
  /** For that sign. */
  readonly pingTimeoutMs: number;
}
