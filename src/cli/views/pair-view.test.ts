import { expect, test } from 'vitest';
import type { PairPeerStatus, PairStatus } from '../../../keepalive/index.ts';
import { pairView } from './pair-view.ts';

const path = {
  local: '203.0.113.1',
  remote: '203.0.113.2',
  connected: true,
  forMs: 65_000,
  roundTripMs: 0.312,
  trouble: null,
} as const satisfies Omit<PairStatus['paths'][number], 'statistics'>;

const router = {
  name: 'web',
  state: 'Backup',
  priority: 100,
  configured: 100,
  reasons: [],
  leaseArmed: false,
  witness: null,
} as const;

const node: PairPeerStatus = {
  version: '1.0.0',
  digest: 'd'.repeat(64),
  sameFile: true,
  sameVersion: true,
  clockAheadMs: 3,
  report: { routers: [router] },
  reportAgoMs: 200,
};

const view = (changes: Partial<PairStatus> = {}) =>
  pairView({ peer: 'edge-b', connected: true, paths: [path], node, ...changes } as PairStatus);

test('without pair there is nothing to say', () => {
  expect(pairView(null)).toEqual([]);
});

test('a pair that is well: its paths, and what the peer says of itself', () => {
  expect(view()).toEqual([
    'PAIR    PATH                       CONNECTED  FOR    ROUND TRIP',
    'edge-b  203.0.113.1 - 203.0.113.2  yes        1m 5s  0.31ms',
    '  pair with edge-b: web Backup, priority 100',
  ]);
});

test('differences and reasons are said', () => {
  const sick = { ...router, priority: 2, reasons: ['script check: exit 1'] };
  const other = {
    ...node,
    sameFile: false,
    sameVersion: false,
    clockAheadMs: -61_000,
    report: { routers: [sick] },
  };
  expect(view({ node: other }).slice(2)).toEqual([
    '  pair with edge-b: the files differ: there dddddddddddd',
    '  pair with edge-b: runs Tandem 1.0.0',
    "  pair with edge-b: its clock is 1m 1s behind this host's",
    '  pair with edge-b: web Backup, priority 2 (configured 100); script check: exit 1',
  ]);
});

test('a path that is down says why, and what was heard says how old it is', () => {
  const down = {
    ...path,
    connected: false,
    forMs: 4_000,
    roundTripMs: null,
    trouble: 'nothing was heard for 2 s',
  } as PairStatus['paths'][number];
  expect(view({ connected: false, paths: [down], node: { ...node, reportAgoMs: 6_000 } })).toEqual([
    'PAIR    PATH                       CONNECTED  FOR   ROUND TRIP',
    'edge-b  203.0.113.1 - 203.0.113.2  no         4.0s  -',
    '  pair with edge-b: 203.0.113.1 to 203.0.113.2: nothing was heard for 2 s',
    '  pair with edge-b: 6.0s ago: web Backup, priority 100',
  ]);
});
