import { expect, test } from 'vitest';
import type { PairStatus } from '../../keepalive/index.ts';
import { Exposition } from './exposition.ts';
import { addPair } from './pair-metrics.ts';

test('a pair is exported with its paths, counters and differences', async () => {
  const status: PairStatus = {
    peer: 'edge-b',
    connected: true,
    paths: [
      {
        local: '203.0.113.1',
        remote: '203.0.113.2',
        connected: true,
        forMs: 1_000,
        roundTripMs: 0.5,
        trouble: null,
        statistics: {
          connected: 2,
          lost: 1,
          dialFailures: 3,
          secretRefused: 4,
          refused: 0,
          turnedAway: 5,
          messagesReceived: 100,
          messagesSent: 99,
          messagesIgnored: 6,
        },
      },
    ],
    node: {
      version: '1',
      digest: 'd',
      sameFile: false,
      sameVersion: true,
      clockAheadMs: -1_500,
      report: null,
      reportAgoMs: null,
    },
    questions: { asked: 7, answered: 6, served: 8 },
  };
  const out = new Exposition();
  addPair(out, status);
  const path = 'peer="edge-b",local="203.0.113.1",remote="203.0.113.2"';
  expect((await out.text()).split('\n')).toEqual(
    expect.arrayContaining([
      `tandem_pair_connected{${path}} 1`,
      `tandem_pair_round_trip_seconds{${path}} 0.0005`,
      `tandem_pair_path_secret_refused_total{${path}} 4`,
      `tandem_pair_path_turned_away_total{${path}} 5`,
      'tandem_pair_questions_asked_total{peer="edge-b"} 7',
      'tandem_pair_same_file{peer="edge-b"} 0',
      'tandem_pair_same_version{peer="edge-b"} 1',
      'tandem_pair_clock_ahead_seconds{peer="edge-b"} -1.5',
    ]),
  );
});
