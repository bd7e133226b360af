import type { Http2Config } from './http2-config.ts';
import { type Http2Entry, http2Of } from './schema/http2.ts';

/** HTTP/2 of a listener, with TLS or without; null: nobody can speak it. */
export function compileHttp2(entry: Http2Entry, tls: boolean): Http2Config | null {
  const bounds = http2Of(entry);
  if (bounds === null || !(tls || bounds.cleartext)) return null;
  return {
    cleartext: bounds.cleartext,
    streamsMax: bounds.streams,
    streamWindowBytes: bounds.stream_window,
    windowBytes: bounds.window,
    pingAfterMs: bounds.ping_after,
    pingTimeoutMs: bounds.ping_timeout,
  };
}
