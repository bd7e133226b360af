import type { ProxyErrorCode } from '../errors.ts';
import type { TlsInfo } from '../tls/tls-info.ts';
import type { Server } from '../upstream/server.ts';
import type { SpliceEnd } from './splice.ts';

/** How a session ended: as a splice does, or without any server. */
export type SessionEnd = SpliceEnd | 'no_server';

/** Whose session it is; addresses without brackets. */
export interface SessionClient {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly tls: TlsInfo | null;
}

/** Follows sessions for those who want to know: the access log. */
export interface SessionObserver {
  /** A session has begun. */
  begin(client: SessionClient, upstream: string): SessionRecord;
}

/** What is told of one session; `ended` is the last, and comes once. */
export interface SessionRecord {
  /** A try at this server begins. */
  attempted(server: Server): void;
  /** Its connection is established. */
  connected(server: Server): void;
  /** No server, or a try has failed; another may follow. */
  failed(code: ProxyErrorCode): void;
  /** Bytes that came from the client, and from the server. */
  moved(fromClient: number, fromServer: number): void;
  ended(how: SessionEnd): void;
}
