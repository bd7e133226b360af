/** What the memory part comes to. */
import { type Spread, spread } from '../statistics.ts';
import type { ConnectionState, MemoryRound, MemoryRun } from './memory.ts';

export interface ConnectionsRow {
  readonly contender: string;
  readonly baseBytes: Spread;
  readonly growthBytes: Spread;
  readonly perConnectionBytes: Spread;
}

export interface ConnectionsSummary {
  readonly states: readonly {
    readonly state: ConnectionState;
    readonly connections: number;
    readonly rows: readonly ConnectionsRow[];
  }[];
}

/** Medians and spreads over the rounds. */
export function summariseConnections({ connections, entries }: MemoryRun): ConnectionsSummary {
  const rows = (state: ConnectionState) =>
    entries.map(({ contender, rounds }) =>
      summariseRow(contender.name, rounds[state], connections[state]),
    );
  const states = (['idle', 'active'] as const).map((state) => ({
    state,
    connections: connections[state],
    rows: rows(state),
  }));
  return { states };
}

function summariseRow(
  contender: string,
  rounds: readonly MemoryRound[],
  connections: number,
): ConnectionsRow {
  const growth = rounds.map(({ growthBytes }) => growthBytes);
  return {
    contender,
    baseBytes: spread(rounds.map(({ baseBytes }) => baseBytes)),
    growthBytes: spread(growth),
    perConnectionBytes: spread(growth.map((bytes) => bytes / connections)),
  };
}
