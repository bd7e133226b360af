import { describe, expect, test } from 'vitest';
import type { PairStatus, PeerRouterReport, RouterStatus } from '../../../keepalive/index.ts';
import type { AgentReport } from '../../control/agent-report.ts';
import { tandemVersion } from '../../runtime/version.ts';
import { agentView } from './agent-view.ts';

const DRAIN = {
  leftMs: 350_000,
  forMs: 250_000,
  connections: 37,
  kinds: { http1: 0, idle: 12, http2: 20, websocket: 5, tcp: 0 },
  oldestMs: 242_000,
};

/** A Backup with nothing to tell. */
const ROUTER = {
  name: 'web',
  vrid: 51,
  interface: 'eth0',
  state: 'Backup',
  stateForMs: 250_000,
  waitingFor: null,
  syncGroup: null,
  selfFaults: [],
  noHandover: null,
  handoverBreaks: [],
  drain: null,
  lastDrain: null,
  secondChance: null,
  cannotPassOn: null,
  passedOn: { packets: 0, bytes: 0 },
  yielded: false,
  preempt: { inMs: null, recent: 0 },
  announcement: null,
  vouched: null,
  witness: null,
  priority: { configured: 200, effective: 200, trackers: [], claimInMs: null },
  active: { self: false, address: '198.51.100.12', priority: 100, lastHeardMs: 40 },
  addresses: [{ address: '198.51.100.100', prefixLength: 24, held: true }],
  virtualMac: null,
  excludedAddresses: [],
  routes: [],
  lease: { open: true, reason: null, mute: false },
  delivery: { source: '198.51.100.11', destinations: [], unicast: false, minTtl: 255 },
  auth: 'none',
  transitions: [],
} as unknown as RouterStatus;

const HANDOVER = { address: '198.51.100.12', onHold: false, drain: null };
const PEER = {
  name: 'web',
  state: 'Active',
  priority: 100,
  configured: 100,
  reasons: [],
  leaseArmed: true,
  witness: null,
  handover: HANDOVER,
} satisfies PeerRouterReport;

interface Scene {
  readonly node?: string;
  readonly peer?: string;
  readonly router?: Partial<RouterStatus>;
  readonly report?: PeerRouterReport;
  readonly hold?: AgentReport['hold'];
  readonly pair?: Partial<PairStatus> | null;
}

function view({
  node = 'edge-a',
  peer = 'edge-b',
  router = {},
  report = PEER,
  hold,
  pair = {},
}: Scene) {
  const about = { version: '1', digest: 'd', sameFile: true, sameVersion: true, clockAheadMs: 0 };
  const connected = {
    peer,
    connected: true,
    paths: [],
    node: { ...about, report: { routers: [report] }, reportAgoMs: 100 },
    questions: { asked: 0, answered: 0, served: 0 },
  };
  return agentView({
    node,
    version: tandemVersion(),
    digest: '0123456789abcdef',
    uptimeMs: 7_200_000,
    routers: [{ ...ROUTER, ...router }],
    duplicates: [],
    bfd: [],
    notify: [],
    journal: null,
    hold: hold ?? { own: false, peer: false, forMs: null },
    pair: pair === null ? null : { ...connected, ...pair },
    timing: { realTime: true, realTimeRefusal: null },
    timerLateness: { maxMs: 1, recent: { p99Ms: 1, maxMs: 1 } },
  } as unknown as AgentReport).split('\n');
}

/** What is told of the router itself. */
const lines = (scene: Scene) =>
  view(scene)
    .filter((line) => line.startsWith('  web: '))
    .map((line) => line.slice('  web: '.length));

describe('while the addresses of one host drain', () => {
  test('it says where they are, what is left and until when', () => {
    expect(view({ router: { drain: DRAIN, yielded: true } })).toEqual([
      'agent on edge-a: up 2h, config 0123456789ab',
      expect.stringMatching(/^ROUTER .* STATE /),
      expect.stringMatching(/^web .* Draining {2}4m 10s .* 198.51.100.12 \(priority 100, heard/),
      '  web: draining for 4m 10s: edge-b has the addresses (VRRP: Backup)',
      '  web: 37 connections left, oldest 4m 2s: 12 HTTP/1 idle, 20 HTTP/2, 5 WebSocket; cut in 5m 50s',
      '  web: given up by an operator: not taken back while edge-b is well, until `tandem handover` there ' +
        'or `tandem hold --release` here',
      'PAIR  PATH  CONNECTED  FOR  ROUND TRIP',
      '  pair with edge-b: web Active, priority 100',
      'timing: real-time priority; late by 1ms (p99) and 1ms at most lately, 1ms ever',
    ]);
  });

  test('the other one says what it passes on, and what is left there', () => {
    const { leftMs, connections, oldestMs } = DRAIN;
    const handover = { ...HANDOVER, drain: { leftMs, connections, oldestMs } };
    const scene = {
      node: 'edge-b',
      peer: 'edge-a',
      router: {
        state: 'Active',
        active: { self: true, address: '198.51.100.12', priority: 100, lastHeardMs: null },
        secondChance: { peer: '198.51.100.11', packets: 1_234, bytes: 1_850_000 },
      },
      report: { ...PEER, state: 'Backup', priority: 200, configured: 200, handover },
    } as const;
    const text = view(scene);
    expect(lines(scene)).toEqual([
      "passes strangers' packets to edge-a (198.51.100.11): 1,234 packets, 1,850,000 bytes",
    ]);
    expect(text).toContain(
      '  pair with edge-a: web Draining, priority 200; 37 connections left, oldest 4m 2s; cut in 5m 50s',
    );
  });
});

test('how the last drain ended is told for an hour, and for longer when it cost connections', () => {
  const last = { how: 'empty', connections: 0, forMs: 182_000, agoMs: 60_000 } as const;
  const told = (change: object) => lines({ router: { lastDrain: { ...last, ...change } } });
  expect(told({})).toEqual(['1m ago: drained: its last connection ended after 3m 2s']);
  expect(told({ agoMs: 3_600_000 })).toEqual([]);
  expect(told({ how: 'claimed' })).toEqual([]);
  expect(told({ agoMs: 7_200_000, how: 'timeout', connections: 3 })).toEqual([
    '2h ago: its drain was over after 3m 2s, and 3 connections were cut',
  ]);
});

test('a hold says for how long, and what ends it', () => {
  const told = (hold: AgentReport['hold']) => view({ hold }).filter((line) => /on hold/.test(line));
  expect(told({ own: true, peer: false, forMs: 7_380_000 })).toEqual([
    'on hold for 2h 3m: no host takes addresses from one that is well; `tandem hold --release` here lets ' +
      'them move again',
  ]);
  expect(told({ own: false, peer: true, forMs: null })).toEqual([
    'edge-b is on hold: no host takes addresses from one that is well; `tandem hold --release` there lets ' +
      'them move again',
  ]);
  const held = { ...PEER, handover: { ...HANDOVER, onHold: true } };
  expect(view({ report: held })).toContain('  pair with edge-b: web Active, priority 100; on hold');
});

describe('what a planned switch breaks', () => {
  test.each<[string, Scene]>([
    ['with peer: other', { router: { noHandover: 'with peer: other' }, pair: null }],
    ['without pair', { router: { noHandover: 'without pair' }, pair: null }],
    ['without a lease', { router: { lease: { open: false, reason: null, mute: false } } }],
    ['while the agents are not connected', { pair: { connected: false } }],
    ['while edge-b has no web in its file', { report: { ...PEER, name: 'www' } }],
  ])('is everything %s', (why, scene) => {
    expect(lines(scene)).toEqual([`a planned switch breaks every connection ${why}`]);
  });

  test('is everything with a peer of an older version', () => {
    const { handover: _, ...older } = PEER;
    expect(lines({ report: older })).toEqual([
      'a planned switch breaks every connection while edge-b has none by agreement (its file, or its ' +
        'Tandem is too old)',
    ]);
  });

  test('is everything that comes to a host whose kernel cannot pass packets on', () => {
    const cannotPassOn = 'nftables: Error: Could not process rule: No such file or directory';
    expect(lines({ router: { cannotPassOn } })).toEqual([
      'a planned switch to this host breaks every connection: it cannot pass packets on (nftables: ' +
        'Could not process rule: No such file or directory)',
    ]);
  });

  test('is what is connected to the addresses by listeners bound to them', () => {
    expect(lines({ router: { handoverBreaks: ['web', 'api'] } })).toEqual([
      'a planned switch breaks the connections of the listeners web, api: bound to the addresses',
    ]);
  });

  test('is nothing else, and there is none without another node', () => {
    expect(lines({})).toEqual([]);
    expect(lines({ router: { noHandover: 'without another node' }, pair: null })).toEqual([]);
  });
});
