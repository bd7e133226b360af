/**
 * The journal: every input of every state machine, one JSON line each, in the order in which they
 * were applied. `step` is pure, so the lines alone bring back what a router did and why:
 * `replay` runs them again, a test and an incident alike.
 */
import { formatIp, parseIp } from '../src/os/ip-address.ts';
import type { RouterEvent } from './virtual-router/event.ts';
import type { RouterState } from './virtual-router/state.ts';
import { type Step, step } from './virtual-router/step.ts';

/** One input. */
export interface JournalEntry {
  /** Monotonic microseconds. */
  readonly at: number;
  /** Name of the virtual router. */
  readonly router: string;
  readonly event: RouterEvent;
}

/** One entry as a line of JSON without its newline; addresses as text. */
export function formatEntry(entry: JournalEntry): string {
  return JSON.stringify(entry, (_key, value: unknown) =>
    value instanceof Uint8Array ? { ip: formatIp(value) } : value,
  );
}

/** The entry of such a line. Throws SyntaxError when it is none. */
export function parseEntry(line: string): JournalEntry {
  return JSON.parse(line, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('ip' in value)) return value;
    const bytes = parseIp(String(value.ip));
    if (bytes === null) throw new SyntaxError(`not an IP address in a journal: ${value.ip}`);
    return bytes;
  }) as JournalEntry;
}

/** Runs the entries of one router again from its initial state; one step per entry. */
export function replay(initial: RouterState, entries: Iterable<JournalEntry>): Step[] {
  const steps: Step[] = [];
  let state = initial;
  for (const { event, at } of entries) {
    const result = step(state, event, at);
    state = result.state;
    steps.push(result);
  }
  return steps;
}
