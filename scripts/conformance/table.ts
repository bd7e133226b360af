/** The conformance table: every chapter, in the order of the page. */
import type { Chapter } from './requirement.ts';
import { oldPackets } from './rfc3768-packets.ts';
import { oldStates } from './rfc3768-states.ts';
import { hosts } from './rfc9568-hosts.ts';
import { packets } from './rfc9568-packets.ts';
import { states } from './rfc9568-states.ts';
import { transmission } from './rfc9568-transmission.ts';

/** All of it. */
export const chapters: readonly Chapter[] = [
  packets,
  states,
  transmission,
  hosts,
  oldPackets,
  oldStates,
];
