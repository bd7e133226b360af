import type { ContentSink } from '../features/content.ts';
import type { ResponseChanges } from '../features/response-edit.ts';
import type { ClientIdentity } from './client-identity.ts';
import type { ClientTraffic } from './client-traffic.ts';
import type { ResponseHead } from './head.ts';
import type { OriginStream } from './origin-stream.ts';

/** The client's side of an exchange, whatever protocol the client speaks. */
export interface Downstream {
  /** Takes the content of the response, after `respond`. */
  readonly writer: ContentSink;
  /** Who the client is, and what forwarded requests say about it. */
  readonly identity: ClientIdentity;
  /** What it sends and is sent. */
  readonly traffic: ClientTraffic;
  /** No more of the request's body for now, until `release`. */
  hold(): void;
  release(): void;
  /** The client's turn to send more of the body; unless it sends, its deadline expires. */
  awaitBody(): void;
  /** Passes a 1xx head on. */
  respondInterim(head: ResponseHead): void;
  /** Begins the final response, changed so; its content follows through `writer`. */
  respond(head: ResponseHead, changes: ResponseChanges): void;
  /** The client is slow: the response waits for it to drain, but not for ever. */
  awaitDrain(): void;
  /** The response is complete. */
  responded(): void;
  /** Ends the connection so that the client sees that the response is cut. */
  abort(): void;
  /**
   * After a 101: what comes from either side goes to the other. `protocol`: what was agreed on; `bytes`
   * came with the head.
   */
  tunnel(origin: OriginStream, protocol: string, bytes: Buffer, start: number, end: number): void;
}
