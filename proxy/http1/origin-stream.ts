import type { ContentSink } from '../features/content.ts';
import type { Connection } from '../io/engine.ts';
import type { Server } from '../upstream/server.ts';
import type { OriginUser } from './origin-user.ts';
import type { RequestBuffer } from './request-buffer.ts';

/** Takes the body of a request after what was sent of it with the head. */
export interface RequestWriter extends ContentSink {
  /** The body is framed by chunks where the protocol has no framing of its own. */
  chunked: boolean;
}

/** One request's way to a server and its answer's way back, whatever protocol the server speaks. */
export interface OriginStream {
  readonly server: Server;
  /** What is composed for the server: a head, and as much of the body as came before it was sent. */
  request: RequestBuffer;
  readonly writer: RequestWriter;
  /** Whether the head can be sent; until then `originReady` is to come. */
  readonly connected: boolean;
  /** Its connection has answered before: the server may just be closing it. */
  readonly reused: boolean;
  /** Any byte of the present response has come. */
  readonly answered: boolean;
  /** The server has said that it did nothing with the request (RFC 9113 8.7). */
  readonly untouched: boolean;
  /** All that was written has been taken by the kernel. */
  readonly flushed: boolean;
  /** The trailer lines of the response that has just been completed. */
  readonly trailers: Buffer;
  /** Sends what was composed. */
  sendRequest(): void;
  /** Part of a request is on its way; the client sends the rest. */
  requestMoved(): void;
  /** All that the client will send for now is; it is the server's turn. */
  requestSent(): void;
  /** Stops reading because the client is slow. */
  pause(): void;
  resume(): void;
  /** Ends it without a word to its user. */
  discard(): void;
  /** How long nothing may move in the middle of a message. */
  readonly idleTimeoutMs: number;
  /** After a 101: hands the bare connection over. Null where the protocol knows no 101. */
  release(): Connection | null;
}

/** One worker's ways to one server. */
export interface OriginSource {
  /**
   * A stream over a waiting connection if there is one, else one being established. `proxyHeader`: what
   * the connection has begun with, or is to begin with; null where the server is told of no client.
   */
  take(user: OriginUser, proxyHeader: Buffer | null): OriginStream;
  /** Over a new connection, whatever waits. */
  open(user: OriginUser, proxyHeader: Buffer | null): OriginStream;
  /** A request is through, and nothing of it is unsent. */
  release(stream: OriginStream): void;
  /** Ends all that wait. */
  clear(): void;
}
