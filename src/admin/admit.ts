import type { IncomingMessage } from 'node:http';
import { type Reply, text } from '../control/server.ts';

/** Names a request to a loopback listener may use; a page of another site cannot (DNS rebinding). */
const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Refuses what a browser could be tricked into sending: a Host that is not loopback, or an Origin
 * that is not this listener itself. Null lets the request through.
 */
export function admitLoopback(request: IncomingMessage): Reply | null {
  const host = request.headers.host ?? '';
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (!LOOPBACK_NAMES.has(name)) {
    return text(
      `the admin listener answers to localhost, not to Host: ${host.slice(0, 100)}\n`,
      421,
    );
  }
  const origin = request.headers.origin;
  if (origin !== undefined && origin !== `http://${host}`) {
    return text('requests from other origins are refused\n', 403);
  }
  return null;
}
