import { expect, test } from 'vitest';
import type { AgentReport } from '../../control/agent-report.ts';
import type { BalancerReport } from '../../control/balancer-report.ts';
import { countsOf } from './balancer-part.ts';
import { describe } from './describe.ts';
import { Rates } from './rates.ts';
import type { AgentPart, RouterPart, ServerRow, Snapshot } from './snapshot.ts';

const failures = {
  ...{ connectFailures: 0, tlsFailures: 0, connectTimeouts: 0, responseTimeouts: 0 },
  ...{ idleTimeouts: 0, resets: 0, badResponses: 0 },
};
const server = {
  ...{ server: '198.51.100.21:80', upstream: 'api', identity: 'api|198.51.100.21:80' },
  ...{ checked: true, verdict: 'up', since: 0, lastError: null, draining: false },
  ...{ name: null, weight: 1, weightInFile: 1, backup: false, down: false, warmth: 1 },
  ...{ connectionsMax: 0, ejection: null },
  totals: { requests: 10, inFlight: 0, ...failures },
};
type Server = Omit<typeof server, 'lastError' | 'ejection'> & {
  lastError: unknown;
  ejection: unknown;
};

function balancer(...servers: Partial<Server>[]): BalancerReport {
  const rows = servers.map((one, index) => ({ ...server, identity: `api|${index}`, ...one }));
  return {
    ...{ uptimeMs: 180_000, digest: '0123456789abcdef', absentServers: [] },
    readiness: { ready: true, reasons: [] },
    workers: [{ state: 'running' }],
    listeners: [
      {
        ...{ name: 'web', protocol: 'http', binds: [{ host: '0.0.0.0', port: 80 }] },
        totals: { open: 3, accepted: 5, requests: 100, responses5xx: 0 },
      },
    ],
    upstreams: [{ name: 'api', policy: 'p', panic: false, totals: { waiting: 0 }, servers: rows }],
  } as unknown as BalancerReport;
}

function agent(router: object = {}, pair: object | null = null): AgentReport {
  const web = {
    ...{ name: 'web', vrid: 51, interface: 'eth0', state: 'Active', stateForMs: 60_000 },
    addresses: [{ address: '198.51.100.100', prefixLength: 24, held: true }],
    priority: {
      ...{ configured: 200, effective: 150, claimInMs: null },
      trackers: [
        { kind: 'proxy', name: 'proxy', effect: { type: 'none' }, reason: 'alive and ready' },
        {
          ...{ kind: 'upstream', name: 'api', effect: { type: 'weight', weight: -50 } },
          reason: '1 of 4 servers up',
        },
      ],
    },
    ...{ waitingFor: null, drain: null, lastDrain: null, secondChance: null, yielded: false },
    ...{ noHandover: null, handoverBreaks: [], cannotPassOn: null, virtualMac: null, auth: 'none' },
    lease: { open: true, reason: null, mute: false },
    ...{ excludedAddresses: [], routes: [], delivery: { unicast: false }, selfFaults: [] },
    ...{ vouched: null, announcement: null, witness: null, syncGroup: null },
    preempt: { inMs: null, recent: 0 },
    active: { self: true, address: '198.51.100.11', priority: 150, lastHeardMs: null },
    transitions: [
      { at: 1_000_000, agoMs: 60_000, from: 'Backup', to: 'Active', why: 'no Active heard' },
    ],
    ...router,
  };
  return {
    ...{ node: 'edge-a', uptimeMs: 120_000, digest: 'fedcba9876543210', duplicates: [] },
    ...{ hold: { own: false, peer: false, forMs: null }, routers: [web], pair },
  } as unknown as AgentReport;
}

const pair = {
  ...{ peer: 'edge-b', connected: true },
  paths: [
    {
      ...{ local: '203.0.113.11', remote: '203.0.113.12', connected: true },
      ...{ forMs: 5000, roundTripMs: 0.3, trouble: null },
    },
  ],
  node: {
    ...{ sameFile: false, digest: 'aaaaaaaaaaaabbbb', sameVersion: true, clockAheadMs: 0 },
    report: {
      routers: [
        {
          ...{ name: 'web', state: 'Backup', priority: 100, configured: 100, reasons: [] },
          handover: { address: null, onHold: true, drain: null },
        },
      ],
    },
  },
};

const AT = 1_000_000_000;

function described(
  report: BalancerReport | null,
  status: AgentReport | null | undefined = undefined,
  rates = new Rates(),
): Snapshot {
  const known = { at: AT, host: 'edge-a', version: '1', point: null };
  return describe({ ...known, balancer: report, agent: status, rates });
}

const rowOf = (one: Partial<Server>): ServerRow =>
  described(balancer(one)).balancer!.upstreams[0]!.servers[0]!;

test.each([
  [{}, 'up', 'good'],
  [{ verdict: 'down', lastError: 'connect refused' }, 'down', 'bad'],
  [{ verdict: 'unknown' }, 'checking', 'warning'],
  [{ down: true, draining: true }, 'off', 'idle'],
  [{ draining: true, verdict: 'down' }, 'drained', 'idle'],
  [{ draining: true, totals: { ...server.totals, inFlight: 2 } }, 'draining', 'warning'],
  [{ ejection: { state: 'ejected', until: AT, reason: '5xx', repeats: 1 } }, 'ejected', 'bad'],
  [{ ejection: { state: 'trial', until: AT, reason: '5xx', repeats: 1 } }, 'on trial', 'warning'],
  [{ warmth: 0.5 }, 'warming up', 'warning'],
] as const)('of a server with %j it is said that it is %s', (one, state, tone) => {
  expect(rowOf(one as Partial<Server>)).toMatchObject({ state, tone });
});

test('a server comes with its reason, its share and what is left without it', () => {
  expect(rowOf({ verdict: 'down', lastError: 'connect refused' })).toMatchObject({
    remarks: ['connect refused'],
    others: 0,
  });
  const { upstreams } = described(balancer({}, {}, { draining: true })).balancer!;
  expect(upstreams[0]!.servers.map(({ others }) => others)).toEqual([1, 1, 2]);
  expect(upstreams[0]).toMatchObject({ summary: '3 of 3 up, 2 for new work', tone: 'good' });
  const { tone } = described(balancer({ draining: true })).balancer!.upstreams[0]!;
  expect(tone).toBe('bad');
});

test('rates are of the counters of listeners and servers', () => {
  const rates = new Rates();
  const later = balancer({ totals: { ...server.totals, requests: 30, resets: 4 } });
  rates.look(0, countsOf(balancer({})));
  rates.look(2000, countsOf(later));
  const { listeners, upstreams } = described(later, undefined, rates).balancer!;
  expect(upstreams[0]!.servers[0]).toMatchObject({ requests: 10, failed: 2 });
  expect(listeners[0]).toMatchObject({ requests: 0, accepted: 0, binds: '0.0.0.0:80', open: 3 });
});

const routerOf = (status: AgentReport): RouterPart =>
  (described(balancer({}), status).agent as AgentPart).routers[0]!;

test('both hosts of a pair are told with what makes their priorities', () => {
  const { roles, active, successor, transitions, knownFrom } = routerOf(agent({}, pair));
  expect({ active, successor, knownFrom }).toEqual({
    ...{ active: true, successor: 'edge-b', knownFrom: AT - 120_000 },
  });
  expect(roles).toMatchObject([
    {
      ...{ host: 'edge-a', self: true, state: 'Active', since: '1m', priority: 150 },
      shares: [
        { name: 'proxy', share: 'no change', tone: 'good' },
        { name: 'upstream api', share: '-50', tone: 'warning', reason: '1 of 4 servers up' },
      ],
    },
    { host: 'edge-b', self: false, state: 'Backup', priority: 100, shares: [{ name: 'hold' }] },
  ]);
  expect(transitions).toEqual([
    {
      ...{ key: 'web 1000000', at: AT - 60_000, ago: '1m', from: 'Backup', to: 'Active' },
      why: 'no Active heard',
    },
  ]);
});

test('what differs there, and what a switch would break, is told', () => {
  const part = described(balancer({}), agent({}, pair)).agent as AgentPart;
  expect(part.peer?.remarks).toEqual(['the files differ: there aaaaaaaaaaaa']);
  const lost = { ...pair, connected: false };
  const router = routerOf(agent({}, lost));
  expect(router.limits).toEqual([
    'a planned switch breaks every connection while the agents are not connected',
  ]);
  expect(router.roles[1]).toMatchObject({ host: 'edge-b', state: 'not heard', tone: 'warning' });
});

test('a peer that the agents do not tell of is known by its adverts', () => {
  const active = { self: false, address: '198.51.100.12', priority: 100, lastHeardMs: 50 };
  const { roles } = routerOf(agent({ state: 'Backup', active }));
  expect(roles[1]).toMatchObject({
    ...{ host: '198.51.100.12', state: 'Active', priority: 100 },
    shares: [{ name: 'adverts', reason: 'heard 50ms ago' }],
  });
});

test('a half that is silent is a problem, one that the file has not is none', () => {
  expect(described(balancer({}))).toMatchObject({ tone: 'good', agent: null, problems: [] });
  expect(described(balancer({}), null)).toMatchObject({
    ...{ tone: 'bad', agent: 'silent' },
    problems: [{ part: 'agent', tone: 'bad' }],
  });
  expect(described(null)).toMatchObject({ tone: 'bad', balancer: null });
});
