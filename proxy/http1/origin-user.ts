import type { ProxyErrorCode } from '../errors.ts';
import type { ResponseHead } from './head.ts';

/** The request that a connection to a server, or a stream of one, works for. */
export interface OriginUser {
  readonly headRequest: boolean;
  /** Established: what is in the request buffer may be sent. */
  originReady(): void;
  /** A 1xx head other than 101. */
  originInterim(head: ResponseHead): void;
  /** The final head; content follows, if any. Valid during the call. */
  originHead(head: ResponseHead): void;
  /** Content. Valid during the call. */
  originContent(bytes: Buffer, start: number, end: number): void;
  /** The read is through: send on what was composed. */
  originFlush(): void;
  /** The message is complete; bytes [start, end) came after it, which only 101 allows. */
  originDone(bytes: Buffer, start: number, end: number): void;
  /** It will not be completed. The connection is gone; `errno` is the system's word for why. */
  originFailed(code: ProxyErrorCode, errno: string | null): void;
  /** There is room for more of the request again. */
  originDrained(): void;
}
