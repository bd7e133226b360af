import type { Http2Config } from './http2-config.ts';
import type { UpstreamConfig } from './proxy-config.ts';
import { type Http2Entry, http2Of } from './schema/http2.ts';
import type { UpstreamTlsConfig } from './tls-config.ts';

/** What the servers of an upstream speak; over TLS HTTP/2 is agreed on in the handshake. */
export function compileProtocol(
  protocol: 'http1' | 'http2',
  tls: UpstreamTlsConfig | null,
): Pick<UpstreamConfig, 'tls' | 'protocol'> {
  if (protocol === 'http1') return { tls };
  return { protocol, tls: tls === null ? null : { ...tls, protocols: ['h2'] } };
}

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
