import type { Connection, IoEngine } from '../io/engine.ts';
import { OUTGOING_BYTES } from '../io/limits.ts';
import type { OpenSslSession } from './openssl-session.ts';

/** Hands what the session has for the wire to the inner connection; false: that wants no more for now. */
export function sendWire(engine: IoEngine, session: OpenSslSession, inner: Connection): boolean {
  for (;;) {
    const out = engine.outgoing(OUTGOING_BYTES);
    const length = session.collect(out);
    if (length === 0) return true;
    const room = inner.write(out, 0, length);
    if (length < out.length) return room;
  }
}
