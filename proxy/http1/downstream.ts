import type { ProxyErrorCode } from '../errors.ts';
import type { RequestAdditions } from './compose-head.ts';
import type { RequestHead, ResponseHead } from './head.ts';
import type { MessageWriter } from './message-writer.ts';
import type { OriginConnection } from './origin-connection.ts';

/** The client's side of an exchange, whatever protocol the client speaks. */
export interface Downstream {
  /** Takes the content of the response, after `respond`. */
  readonly writer: MessageWriter;
  /** What the forwarded request says about the client; `path` replaces the path, null keeps it. */
  additions(head: RequestHead, path: string | null): RequestAdditions;
  /** No more of the request's body for now, until `release`. */
  hold(): void;
  release(): void;
  /** The client's turn to send more of the body; unless it sends, its deadline expires. */
  awaitBody(): void;
  /** Passes a 1xx head on. */
  respondInterim(head: ResponseHead): void;
  /** Begins the final response; its content follows through `writer`. */
  respond(head: ResponseHead): void;
  /** The client is slow: the response waits for it to drain, but not for ever. */
  awaitDrain(): void;
  /** The response is complete. */
  responded(): void;
  /** Answers with an error of our own; nothing was answered before. `allow` is for a 405. */
  respondError(code: ProxyErrorCode, headRequest: boolean, allow: string): void;
  /** Ends the connection so that the client sees that the response is cut. */
  abort(): void;
  /** After a 101: what comes from either side goes to the other. `bytes` came with the head. */
  tunnel(origin: OriginConnection, bytes: Buffer, start: number, end: number): void;
}
