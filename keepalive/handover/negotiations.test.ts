import { expect, it } from 'vitest';
import type { HandoverQuestion, PeerAnswer } from '../peer/peer-port.ts';
import type { AgentPorts } from '../ports.ts';
import type { RouterDriver } from '../router-driver.ts';
import type { RouterEvent } from '../virtual-router/event.ts';
import { Negotiations } from './negotiations.ts';
import type { Refusal } from './refusals.ts';

/** A router that was stalled: it looks around as soon as it hears of anything, and gives nothing. */
const router = {
  config: { name: 'web' },
  lease: { open: true, reason: null },
  state: {
    name: 'Active',
    leased: true,
    lookAroundUntil: null,
    parameters: { drainMicros: 1 },
    standing: { priority: 200 },
  },
} as unknown as RouterDriver;

function negotiations(
  asked: HandoverQuestion[],
  granted: string[],
  peerGrants = true,
  inputs: RouterEvent[] = [],
): Negotiations {
  const report = { name: 'web', priority: 100, handover: { address: null, onHold: false } };
  const peer = {
    ask(question: HandoverQuestion, _timeout: number, onAnswer: (answer: PeerAnswer) => void) {
      asked.push(question);
      onAnswer({ type: 'handover', granted: peerGrants, reason: null });
    },
    status: () => ({ connected: true, peer: 'b', node: { report: { routers: [report] } } }),
  };
  const ports = { clock: { now: () => 1 }, peer } as unknown as AgentPorts;
  return new Negotiations({
    ports,
    chances: {} as never,
    named: () => router,
    membersOf: () => [router],
    leaving: () => false,
    onHold: () => false,
    onExpected() {},
    onGranted: (routers) => granted.push(...routers.map(({ config }) => config.name)),
    input: (_router, event) => inputs.push(event),
  });
}

it('an offer that was granted is not told as given where the router did not resign', () => {
  const asked: HandoverQuestion[] = [];
  const refusals: (Refusal | null)[] = [];
  negotiations(asked, []).offer([router], 'operator', (refusal) => refusals.push(refusal));
  expect(refusals).toMatchObject([{ type: 'overtaken' }]);
  expect(asked.map(({ step }) => step)).toEqual(['offer']);
});

it('nor is a request granted where it did not', () => {
  const granted: string[] = [];
  const answers: PeerAnswer[] = [];
  const question = { type: 'handover', step: 'request', id: 7, routers: ['web'] } as const;
  const agreed = negotiations([], granted);
  for (const _again of [1, 2]) {
    agreed.answer({ ...question, cause: 'preempted', priority: 250 }, (one) => answers.push(one));
  }
  expect(answers).toMatchObject([{ granted: false }, { granted: false }]);
  expect(granted).toEqual([]);
});

it('a request that its peer stands by no more, however late it is read, gives nothing', () => {
  const asked: HandoverQuestion[] = [];
  const inputs: RouterEvent[] = [];
  const answers: PeerAnswer[] = [];
  const question = { type: 'handover', step: 'request', id: 7, routers: ['web'] } as const;
  const agreed = negotiations(asked, [], false, inputs);
  agreed.answer({ ...question, cause: 'preempted', priority: 250 }, (one) => answers.push(one));
  expect(asked).toMatchObject([{ step: 'offer', routers: ['web'], cause: 'preempted' }]);
  expect(inputs).toEqual([]);
  expect(answers).toMatchObject([{ granted: false }]);
});
