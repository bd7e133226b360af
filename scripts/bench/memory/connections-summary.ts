/** What the memory part comes to. */
import { type Spread, spread } from '../statistics.ts';
import {
  type ConnectionState,
  connectionStates,
  type MemoryRound,
  type MemoryRun,
} from './memory.ts';

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
  const measured = connectionStates.filter((state) => connections[state] > 0);
  return {
    states: measured.map((state) => ({
      state,
      connections: connections[state],
      rows: rows(state),
    })),
  };
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
