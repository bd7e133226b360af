import type { Logger } from '../ports.ts';
import type { SecondChancePort } from './handover-ports.ts';

/**
 * Removes the second chances that an agent which died left behind. Never throws: a host that cannot have
 * any has none to remove.
 */
export function removeLeftRules(secondChances: SecondChancePort, log: Logger): void {
  try {
    secondChances.sweep();
  } catch (error) {
    log.debug({ err: error }, 'no second chances to remove');
  }
}
