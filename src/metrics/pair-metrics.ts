import type { PairStatus } from '../../keepalive/index.ts';
import { type Exposition, snakeCase } from './exposition.ts';

/** Adds the connection with the other agent to the agent's metrics. */
export function addPair(out: Exposition, pair: PairStatus): void {
  const { peer } = pair;
  for (const { local, remote, connected, roundTripMs, statistics } of pair.paths) {
    const labels = { peer, local, remote };
    const up = connected ? 1 : 0;
    out.gauge('tandem_pair_connected', 'The path is connected.', labels, up);
    if (roundTripMs !== null) {
      const help = 'Round trip of the last heartbeat.';
      out.gauge('tandem_pair_round_trip_seconds', help, labels, roundTripMs / 1000);
    }
    for (const [counter, value] of Object.entries(statistics)) {
      const help = 'Counter of a path between the agents.';
      out.counter(`tandem_pair_path_${snakeCase(counter)}`, help, labels, value);
    }
  }
  for (const [counter, value] of Object.entries(pair.questions)) {
    const help = 'Questions between the agents.';
    out.counter(`tandem_pair_questions_${snakeCase(counter)}`, help, { peer }, value);
  }
  if (pair.node === null) return;
  const same = pair.node.sameFile ? 1 : 0;
  out.gauge('tandem_pair_same_file', 'Both nodes run the same config file.', { peer }, same);
  const version = pair.node.sameVersion ? 1 : 0;
  out.gauge('tandem_pair_same_version', 'Both nodes run the same Tandem.', { peer }, version);
  const ahead = pair.node.clockAheadMs / 1000;
  out.gauge('tandem_pair_clock_ahead_seconds', "The peer's clock less ours.", { peer }, ahead);
}
