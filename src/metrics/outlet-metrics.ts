import type { AgentReport } from '../control/agent-report.ts';
import type { Exposition } from './exposition.ts';

/** Adds whom the agent tells what happens: its notify commands, the readers of its events, its journal. */
export function addOutlets(out: Exposition, { node, notify, events, journal }: AgentReport): void {
  for (const { router, runs, failures, skipped } of notify) {
    const count = (name: string, help: string, value: number) =>
      out.counter(`tandem_notify_${name}`, help, { router }, value);
    count('runs', 'Notify commands that have ended.', runs);
    count('failures', 'Those that failed.', failures);
    count('skipped', 'Transitions for which the command was too slow.', skipped);
  }
  const readers = 'Readers connected to events.sock.';
  out.gauge('tandem_agent_event_readers', readers, { node }, events.readers);
  if (journal === null) return;
  const dropped = 'Journal lines that the disk was too slow for, or refused.';
  out.counter('tandem_agent_journal_dropped', dropped, { node }, journal.dropped);
}
