/** Changes of a BFD session in an operator's words. */
import { millis } from '../transition-text.ts';
import { describeDiagnostic } from './packet.ts';
import type { SessionCause } from './step.ts';

/** Why a session fell or came, as the end of a log line; `now` in microseconds. */
export function describeCause(cause: SessionCause, now: number): string {
  switch (cause.code) {
    case 'heard':
      return 'the peer is heard';
    case 'silence':
      return `nothing heard for ${millis(now - cause.lastHeardAt)}`;
    case 'neighbor-down':
      return `the peer is heard, and says that it is down (${describeDiagnostic(cause.diagnostic)})`;
    case 'neighbor-admin-down':
      return 'the peer ended it in order';
    case 'path-down':
      return 'the interface has no carrier or is gone';
    case 'disabled':
      return 'the agent is stopping';
  }
}
