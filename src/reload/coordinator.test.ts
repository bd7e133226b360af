import { expect, test } from 'vitest';
import { coordinateReload } from './coordinator.ts';
import { formatOutcome } from './outcome-lines.ts';
import type { ApplyAnswer, HalfName, Offer, PrepareAnswer, ReloadHalf } from './reload-half.ts';

const offer: Offer = {
  digest: 'd2',
  running: 'd1',
  node: 'edge-a',
  file: '/etc/tandem/tandem.yaml',
  plan: [{ what: 'added', kind: 'listener', name: 'web', disturbs: null }],
  warnings: [],
  wants: { agent: true, balancer: true },
};

/** A half that answers as it is told, and what it was asked. */
function half(
  name: HalfName,
  prepare: PrepareAnswer = { type: 'prepared', offer },
  apply: ApplyAnswer = { type: 'applied' },
): ReloadHalf & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    name,
    asked,
    async prepare() {
      asked.push('prepare');
      return prepare;
    },
    async apply() {
      asked.push('apply');
      return apply;
    },
    async abandon() {
      asked.push('abandon');
    },
    report: async () => ({ state: 'idle', token: null, applied: null, running: 'd1' }),
  };
}

const absent = { type: 'absent', why: 'not running (/run/tandem/x.sock)' } as const;
const silent = { type: 'silent', why: 'no answer within 25000 ms' } as const;
const run = (halves: readonly ReloadHalf[], dryRun = false) =>
  coordinateReload(halves, { token: 'token-1', dryRun });

test('both follow, the balancer first', async () => {
  const order: string[] = [];
  const told = (it: ReloadHalf): ReloadHalf => ({
    ...it,
    apply: (token) => {
      order.push(it.name);
      return it.apply(token);
    },
  });
  const outcome = await run([told(half('agent')), told(half('balancer'))]);
  expect(outcome).toMatchObject({ result: 'applied', digest: 'd2', reasons: [], warnings: [] });
  expect(order).toEqual(['balancer', 'agent']);
  expect(formatOutcome(outcome)).toBe(
    'agent and balancer follow /etc/tandem/tandem.yaml (config d2), 2 changes',
  );
});

test('one refuses: neither follows, and all reasons are told, each once', async () => {
  const mistake = '/etc/tandem/tandem.yaml:3:7: listeners.web.bind: port 70000';
  const agent = half('agent', { type: 'refused', reasons: [mistake] });
  const balancer = half('balancer', { type: 'refused', reasons: [mistake, 'port 80 is in use'] });
  expect(await run([agent, balancer])).toMatchObject({
    result: 'refused',
    reasons: [mistake, 'port 80 is in use'],
  });
  const ready = half('agent');
  await run([ready, half('balancer', { type: 'refused', reasons: ['port 80 is in use'] })]);
  expect(ready.asked).toEqual(['prepare', 'abandon']);
});

test('a balancer that refuses at the last moment keeps the agent as it is', async () => {
  const agent = half('agent');
  const balancer = half('balancer', undefined, { type: 'refused', reasons: ['port 80 is in use'] });
  expect(await run([agent, balancer])).toMatchObject({
    result: 'refused',
    reasons: ['balancer: port 80 is in use'],
  });
  expect(agent.asked).toEqual(['prepare', 'abandon']);
});

test('a file that changed in between is nobody’s', async () => {
  const other = half('balancer', { type: 'prepared', offer: { ...offer, digest: 'd3' } });
  const outcome = await run([half('agent'), other]);
  expect(outcome.reasons).toEqual(['/etc/tandem/tandem.yaml changed while it was read: try again']);
  expect(other.asked).toEqual(['prepare', 'abandon']);
});

test('whoever has the agent has the reload: the balancer is not even asked', async () => {
  const balancer = half('balancer');
  const busy = half('agent', { type: 'busy', reason: 'another reload is under way (prepared)' });
  expect(await run([busy, balancer])).toMatchObject({ result: 'busy' });
  expect(balancer.asked).toEqual([]);
});

test('a half that nobody wants need not run, and one that is wanted is missed', async () => {
  const wants = { agent: false, balancer: true };
  const plain = half('balancer', { type: 'prepared', offer: { ...offer, wants } });
  expect(await run([half('agent', absent), plain])).toMatchObject({
    result: 'applied',
    warnings: [],
  });
  expect(await run([half('agent', absent), half('balancer')])).toMatchObject({
    result: 'applied',
    warnings: ['agent: not running (/run/tandem/x.sock); it reads the file when it starts'],
  });
  expect(await run([half('agent', absent), half('balancer', absent)])).toMatchObject({
    result: 'absent',
  });
});

test('one that runs and does not answer keeps both as they are', async () => {
  const agent = half('agent');
  expect(await run([agent, half('balancer', silent)])).toMatchObject({
    result: 'refused',
    reasons: ['balancer: no answer within 25000 ms'],
  });
  expect(agent.asked).toEqual(['prepare', 'abandon']);
});

test('a balancer that dies as it applies comes back with the file, so the agent follows', async () => {
  const agent = half('agent');
  const outcome = await run([agent, half('balancer', undefined, absent)]);
  expect(agent.asked).toEqual(['prepare', 'apply']);
  expect(outcome.result).toBe('partly');
  expect(outcome.warnings.join()).toContain('balancer: not running');
});

test('a dry run and a file without a change leave nothing behind', async () => {
  const agent = half('agent');
  expect(await run([agent, half('balancer')], true)).toMatchObject({ result: 'planned' });
  expect(agent.asked).toEqual(['prepare', 'abandon']);
  const same: PrepareAnswer = { type: 'prepared', offer: { ...offer, running: 'd2', plan: [] } };
  expect(await run([half('agent', same), half('balancer', same)])).toMatchObject({
    result: 'unchanged',
  });
  const text: PrepareAnswer = { type: 'prepared', offer: { ...offer, plan: [] } };
  const comment = await run([half('agent', text), half('balancer', text)]);
  expect(comment.result).toBe('applied');
  expect(formatOutcome(comment)).toContain('nothing but its text changed');
});
