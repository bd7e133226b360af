import { expect, it } from 'vitest';
import { handoverMicros } from '../limits.ts';
import type { HandoverQuestion, PeerAnswer } from '../peer/peer-port.ts';
import type { AgentPorts } from '../ports.ts';
import type { RouterDriver } from '../router-driver.ts';
import type { HandoverCause, RouterEvent } from '../virtual-router/event.ts';
import { Negotiations } from './negotiations.ts';
import type { Refusal } from './refusals.ts';

/** An Active router's side, and a peer that answers when it is told to. */
class Giver {
  readonly asked: HandoverQuestion[] = [];
  readonly given: HandoverCause[] = [];
  readonly inputs: RouterEvent[] = [];
  readonly answers: PeerAnswer[] = [];
  readonly negotiations: Negotiations;
  /** False: it was stalled, looks around as soon as it hears of anything, and gives nothing. */
  resigns = true;
  #now = 1;
  #answer: ((answer: PeerAnswer | null) => void) | null = null;

  constructor() {
    const state = {
      name: 'Active',
      leased: true,
      lookAroundUntil: null,
      parameters: { drainMicros: 1 },
      standing: { priority: 200 },
    };
    const router = {
      config: { name: 'web' },
      lease: { open: true, reason: null },
      state,
    } as unknown as RouterDriver;
    const report = { name: 'web', priority: 100, handover: { address: null, onHold: false } };
    const peer = {
      ask: (question: HandoverQuestion, _timeout: number, answer: (it: PeerAnswer) => void) => {
        this.asked.push(question);
        if (question.step !== 'given') this.#answer = answer as (it: PeerAnswer | null) => void;
      },
      status: () => ({ connected: true, peer: 'b', node: { report: { routers: [report] } } }),
    };
    const ports = { clock: { now: () => this.#now }, peer } as unknown as AgentPorts;
    this.router = router;
    this.negotiations = new Negotiations({
      ports,
      chances: {} as never,
      named: () => router,
      membersOf: () => [router],
      leaving: () => false,
      onHold: () => false,
      onExpected() {},
      onGiven: (_routers, cause) => this.given.push(cause),
      input: (_router, event) => {
        this.inputs.push(event);
        if (this.resigns && event.type === 'hand-over') state.name = 'Backup';
      },
    });
  }

  readonly router: RouterDriver;

  /** The peer asks for the addresses. */
  request(id = 7): void {
    const question = { type: 'handover', step: 'request', id, routers: ['web'] } as const;
    this.negotiations.answer({ ...question, cause: 'preempted', priority: 250 }, (one) =>
      this.answers.push(one),
    );
  }

  /** This process does not run for so long. */
  sleep(micros: number): void {
    this.#now += micros;
  }

  /** It answers to what it was asked last, after so long. */
  peerAnswers(granted: boolean, afterMicros = 100): void {
    this.#now += afterMicros;
    this.#answer?.({ type: 'handover', granted, reason: granted ? null : 'no' });
  }
}

it('an offer that was granted is not told as given where the router did not resign', () => {
  const giver = new Giver();
  giver.resigns = false;
  const refusals: (Refusal | null)[] = [];
  giver.negotiations.offer([giver.router], 'operator', (refusal) => refusals.push(refusal));
  giver.peerAnswers(true);
  expect(refusals).toMatchObject([{ type: 'overtaken' }]);
  expect(giver.asked.map(({ step }) => step)).toEqual(['offer']);
  expect(giver.given).toEqual([]);
});

it('nor is a request granted where it did not', () => {
  const giver = new Giver();
  giver.resigns = false;
  for (const _again of [1, 2]) {
    giver.request();
    giver.peerAnswers(true);
  }
  expect(giver.answers).toMatchObject([{ granted: false }, { granted: false }]);
  expect(giver.given).toEqual([]);
});

it('a request is granted by way of an offer, and another copy of it as well', () => {
  const giver = new Giver();
  giver.request();
  expect(giver.asked).toMatchObject([{ step: 'offer', routers: ['web'], cause: 'preempted' }]);
  expect(giver.inputs).toEqual([]);
  giver.peerAnswers(true);
  giver.request();
  expect(giver.inputs).toEqual([{ type: 'hand-over', cause: 'preempted' }]);
  expect(giver.answers).toMatchObject([{ granted: true }, { granted: true }]);
  expect(giver.given).toEqual(['preempted']);
});

it('a request that its peer stands by no more, however late it is read, gives nothing', () => {
  const giver = new Giver();
  giver.request();
  giver.peerAnswers(false);
  expect(giver.inputs).toEqual([]);
  expect(giver.answers).toMatchObject([{ granted: false }]);
});

it('nor does an answer that is read when it holds no more', () => {
  const giver = new Giver();
  giver.request();
  giver.peerAnswers(true, handoverMicros + 1);
  expect(giver.inputs).toEqual([]);
  expect(giver.answers).toMatchObject([{ granted: false }]);
});

it('an operator’s word while the peer’s request is answered is kept, and the move counts once', () => {
  const giver = new Giver();
  const refusals: (Refusal | null)[] = [];
  giver.request();
  giver.negotiations.offer([giver.router], 'operator', (refusal) => refusals.push(refusal));
  giver.peerAnswers(true);
  expect(refusals).toEqual([null]);
  expect(giver.inputs).toEqual([{ type: 'hand-over', cause: 'operator' }]);
  expect(giver.given).toEqual(['operator']);
});

it('what nobody here asks for any more is not taken', () => {
  const giver = new Giver();
  const question = { type: 'handover', step: 'offer', id: 8, routers: ['web'] } as const;
  giver.negotiations.answer({ ...question, cause: 'preempted', priority: 250 }, (one) =>
    giver.answers.push(one),
  );
  expect(giver.answers).toEqual([
    { type: 'handover', granted: false, reason: 'nobody there waits for them any more' },
  ]);
});

it('one that is overdue is not joined: its end says nothing of today', () => {
  const giver = new Giver();
  const ends: string[] = [];
  const offer = (name: string) =>
    giver.negotiations.offer([giver.router], 'operator', (refusal) =>
      ends.push(`${name} ${refusal?.type ?? 'given'}`),
    );
  offer('first');
  offer('joined');
  giver.sleep(handoverMicros);
  offer('after the sleep');
  expect(giver.asked.map(({ step }) => step)).toEqual(['offer', 'offer']);
  expect(ends).toEqual([]);
  giver.peerAnswers(true);
  expect(ends).toEqual(['after the sleep given']);
});

it('room takes a moment to make: who must stop meanwhile does not say that it takes them', async () => {
  const done: string[] = [];
  const made = Promise.withResolvers<void>();
  let leaving = false;
  const state = {
    name: 'Backup',
    leased: true,
    followed: { source: new Uint8Array(4) },
    parameters: { drainMicros: 1 },
    standing: { priority: 100, claimNotBefore: null },
  };
  const config = { name: 'web', addresses: [], linkLocals: [] };
  const lease = { open: true, reason: null };
  const router = { config, lease, state } as unknown as RouterDriver;
  const timers: (() => void)[] = [];
  const clock = {
    now: () => 1,
    timer: (_at: number, then: () => void) => ({ cancel() {}, at: timers.push(then) }),
  };
  const negotiations = new Negotiations({
    ports: { clock, census: { forget: () => made.promise } } as unknown as AgentPorts,
    chances: {
      prepare: () => done.push('rules') && null,
      withdraw: () => done.push('no rules'),
    } as never,
    named: () => router,
    membersOf: () => [router],
    leaving: () => leaving,
    onHold: () => false,
    onExpected() {},
    onGiven() {},
    input() {},
  });
  const question = { type: 'handover', step: 'offer', id: 9, routers: ['web'] } as const;
  negotiations.answer({ ...question, cause: 'operator', priority: 200 }, (answer) =>
    done.push(answer.type === 'handover' ? (answer.reason ?? 'granted') : answer.type),
  );
  expect(done).toEqual(['rules']);
  leaving = true;
  made.resolve();
  await made.promise;
  await null;
  expect(done).toEqual(['rules']);
  timers.at(-1)!();
  expect(done).toEqual(['rules', 'no rules', 'the agent there is about to stop']);
});
