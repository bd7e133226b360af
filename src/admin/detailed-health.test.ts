import { expect, test } from 'vitest';
import type { AgentReport } from '../control/agent-report.ts';
import type { BalancerReport } from '../control/balancer-report.ts';
import { detailedHealth } from './detailed-health.ts';

const server = (verdict: 'up' | 'down', rest: object = {}) => ({
  checked: true,
  verdict,
  down: false,
  draining: false,
  ...rest,
});

/** A balancer that is well but for its servers, and what else the test says. */
function balancer(servers: readonly object[], rest: object = {}): BalancerReport {
  const upstreams = [{ name: 'api', panic: false, servers }];
  const workers = [{ state: 'running' }, { state: 'running' }];
  const readiness = { ready: true, reasons: [], serving: true };
  return { upstreams, workers, readiness, ...rest } as unknown as BalancerReport;
}

function agent(router: object = {}, connected = true): AgentReport {
  const priority = { configured: 200, effective: 200, trackers: [] };
  const web = { name: 'web', state: 'Active', waitingFor: null, priority, ...router };
  return { routers: [web], pair: { peer: 'edge-b', connected } } as unknown as AgentReport;
}

test('a host on which all is well', () => {
  expect(detailedHealth(balancer([server('up'), server('up')]), agent())).toEqual({
    state: 'ok',
    parts: [
      { part: 'balancer', state: 'ok', detail: '2 of 2 workers run' },
      { part: 'upstream api', state: 'ok', detail: '2 of 2 servers are up' },
      { part: 'agent', state: 'ok', detail: 'it answers' },
      { part: 'virtual router web', state: 'ok', detail: 'Active, priority 200' },
      { part: 'pair', state: 'ok', detail: 'connected to edge-b' },
    ],
  });
});

test.each([
  ['a server is down', [server('up'), server('down')], 'degraded', '1 of 2 servers are up'],
  ['all are', [server('down')], 'failed', '0 of 1 servers are up'],
  [
    'those that an operator took out are no fault',
    [server('up'), server('down', { down: true }), server('down', { draining: true })],
    'ok',
    '1 of 1 servers are up',
  ],
  ['one without checks is up', [server('down', { checked: false })], 'ok', '1 of 1 servers are up'],
])('%s', (_what, servers, state, detail) => {
  const health = detailedHealth(balancer(servers), undefined);
  expect(health.parts[1]).toEqual({ part: 'upstream api', state, detail });
  expect(health.state).toBe(state);
});

test('halves that do not answer have failed, a plain balancer has no agent', () => {
  expect(detailedHealth(null, null)).toEqual({
    state: 'failed',
    parts: [
      { part: 'balancer', state: 'failed', detail: 'it is starting' },
      { part: 'agent', state: 'failed', detail: 'it does not answer' },
    ],
  });
  expect(detailedHealth(balancer([server('up')]), undefined).parts).toHaveLength(2);
});

test('a balancer that lacks a worker, or warns, is degraded; one that is not ready has failed', () => {
  const of = (rest: object) => detailedHealth(balancer([server('up')], rest), undefined).parts[0];
  expect(of({ workers: [{ state: 'running' }, { state: 'waiting' }] })).toMatchObject({
    state: 'degraded',
    detail: '1 of 2 workers run',
  });
  const warned = { ready: true, reasons: [], warnings: ['w: falls back'], serving: true };
  expect(of({ readiness: warned })).toMatchObject({
    state: 'degraded',
    detail: '2 of 2 workers run; w: falls back',
  });
  const unready = { ready: false, reasons: ['upstream api: down'], serving: true };
  expect(of({ readiness: unready })).toMatchObject({ state: 'failed' });
});

test('routers whose priority has fallen say why, those out of the election that they are', () => {
  const of = (router: object) => detailedHealth(balancer([server('up')]), agent(router)).parts[3];
  const trackers = [
    { kind: 'script', name: 'ntp', effect: { type: 'weight', weight: -50 }, reason: 'ntp fails' },
    { kind: 'proxy', name: 'proxy', effect: { type: 'none' }, reason: 'ready' },
  ];
  const priority = { configured: 200, effective: 150, trackers };
  expect(of({ state: 'Backup', priority })).toMatchObject({
    state: 'degraded',
    detail: 'Backup, priority 150 of 200; ntp fails',
  });
  expect(of({ waitingFor: 'eth0 has no address' })).toMatchObject({ state: 'failed' });
  const alone = detailedHealth(balancer([server('up')]), agent({}, false));
  expect(alone.parts[4]).toMatchObject({ part: 'pair', state: 'degraded' });
});
