import { emptyLateness, type Lateness } from '../statistics.ts';
import type { BfdDecodeErrorCode } from './packet.ts';

/** Counters of one BFD session. They start at zero with the agent and only grow. */
export interface BfdStatistics {
  packetsSent: number;
  packetsReceived: number;
  /** Times it came up. */
  becameUp: number;
  /** Times it was Up and fell silent: what a Backup acts on. */
  lost: number;
  sendErrors: number;
  /** From the peer, discarded: hop limit not 255 (RFC 5881 section 5). */
  hopLimitErrors: number;
  /** From the peer, discarded: malformed, or of another version. */
  formatErrors: number;
  /** From the peer, discarded: for a session that is not ours; normal after a restart. */
  discriminatorErrors: number;
  /** From the peer, discarded: authentication, which is not in use. */
  authenticationErrors: number;
  /** Ends of a Detection Time not believed because this process had not run. */
  wokeLate: number;
  /** How late periodic packets left, after their deadline. */
  readonly sendLateness: Lateness;
}

/** All zero. */
export function bfdStatistics(): BfdStatistics {
  return {
    packetsSent: 0,
    packetsReceived: 0,
    becameUp: 0,
    lost: 0,
    sendErrors: 0,
    hopLimitErrors: 0,
    formatErrors: 0,
    discriminatorErrors: 0,
    authenticationErrors: 0,
    wokeLate: 0,
    sendLateness: emptyLateness(),
  };
}

/** The counter each failed decoding check adds to. */
export const bfdErrorCounter = {
  version: 'formatErrors',
  length: 'formatErrors',
  multiplier: 'formatErrors',
  multipoint: 'formatErrors',
  'my-discriminator': 'formatErrors',
  'your-discriminator': 'discriminatorErrors',
  authentication: 'authenticationErrors',
} as const satisfies Record<BfdDecodeErrorCode, keyof BfdStatistics>;
