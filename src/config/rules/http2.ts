/** What HTTP/2 asks of a listener. */
import { http2Of } from '../schema/http2.ts';
import { error, type Rule } from './rule.ts';

/** A client could not send what one request may have on its way. */
export const windowsNest: Rule = ({ config }) =>
  Object.entries(config.listeners).flatMap(([name, listener]) => {
    if (listener.protocol !== 'http') return [];
    const bounds = http2Of(listener.http2);
    if (bounds === null || bounds.stream_window <= bounds.window) return [];
    const message = 'larger than window, which is for all requests of a connection together';
    return [error(['listeners', name, 'http2', 'stream_window'], message)];
  });
