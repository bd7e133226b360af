/** `tandem status` as text: others that answer for our addresses. Pure. */
import type { AgentStatus } from '../../../keepalive/index.ts';
import { duration } from './duration.ts';

/** One line for each; none while all is well. */
export function duplicateView(duplicates: AgentStatus['duplicates']): string[] {
  return duplicates.flatMap(({ router, blind, holders, yieldedTo }) => [
    ...(blind === null
      ? []
      : [`  ${router}: cannot look for duplicates of its addresses: ${blind}`]),
    ...holders.map(({ mac, address, partner, forMs, lastSeenMs }) => {
      const who = partner ? 'the other node' : 'a foreign host';
      const when = `for ${duration(forMs)}, last seen ${duration(lastSeenMs)} ago`;
      return `  ${router}: DUPLICATE: ${who}, at ${mac}, answers for ${address} as well, ${when}`;
    }),
    ...(yieldedTo === null
      ? []
      : [
          `  ${router}: gave way to the other node, at ${yieldedTo}, which answers but is not heard`,
        ]),
  ]);
}
