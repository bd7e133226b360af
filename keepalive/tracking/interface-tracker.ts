import type { LinkState } from '../ports.ts';
import type { TrackerReading } from '../virtual-router/priority.ts';

/** A tracked interface other than the router's own: down is a fault (weight 0). */
export function interfaceReading(name: string, link: LinkState | null): TrackerReading {
  const running = link?.running === true;
  return {
    kind: 'interface',
    name,
    effect: running ? { type: 'none' } : { type: 'fault' },
    reason: running ? 'up' : link === null ? 'does not exist' : 'down or without carrier',
  };
}
