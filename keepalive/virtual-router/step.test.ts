import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import type { RouterEvent } from './event.ts';
import { spokenPriority } from './handing-over.ts';
import {
  type Drain,
  initialState,
  nextDeadline,
  type RouterParameters,
  type RouterState,
} from './state.ts';
import { step } from './step.ts';
import { INTERVAL, PARAMETERS, PEER, SELF, Story } from './story.case.ts';
import { activeDownInterval, skewTime } from './timers.ts';

const THIRD = parseIp('198.51.100.13')!;
const active = (parameters: Partial<RouterParameters> = {}) =>
  new Story(parameters).startup().wait();

describe('RFC 9568 section 6.4.1, Initialize', () => {
  it('waits for Startup and ignores all else', () => {
    const story = new Story();
    story.tick().hear(255).apply({ type: 'doubt' }).apply({ type: 'shutdown', cause: 'stop' });
    expect(story.name).toBe('Initialize');
    expect(story.did).toEqual([]);
    expect(nextDeadline(story.state)).toBeNull();
  });

  it('keeps a priority that changes meanwhile', () => {
    const story = new Story().standing(7).startup().wait();
    expect(story.did).toContain('send 7');
  });
});

describe('RFC 9568 section 6.4.2, Backup', () => {
  it('starts with its own interval as Active_Adver_Interval', () => {
    expect(nextDeadline(new Story().startup().state)).toBe(activeDownInterval(3, 200, INTERVAL));
  });

  it('on priority 0 waits for Skew_Time', () => {
    const story = new Story().startup().pass(10_000).hear(200).hear(0);
    expect(nextDeadline(story.state)).toBe(10_000 + skewTime(3, 200, INTERVAL));
  });

  it('of equal priority leaves the Active router alone, whatever the addresses', () => {
    const story = new Story().startup();
    for (let i = 0; i < 20; i++) story.pass(INTERVAL).hear(200, parseIp('10.0.0.1')!).tick();
    expect(story.name).toBe('Backup');
  });

  it('learns the interval and recomputes the skew from it', () => {
    const story = new Story().startup().hear(250, PEER, 40_000);
    expect(nextDeadline(story.state)).toBe(activeDownInterval(3, 200, 40_000));
  });

  it('that owns the addresses preempts even without Preempt_Mode', () => {
    const owner = new Story({ owner: true, preempt: false }, { priority: 255 }).startup();
    // Only a second owner with a greater address makes an owner Backup.
    owner.hear(255);
    expect(owner.name).toBe('Backup');
    expect(owner.pass(1_000).hear(254).wait().name).toBe('Active');
  });

  it('is silent on shutdown', () => {
    const story = new Story().startup().apply({ type: 'shutdown', cause: 'stop' });
    expect(story.did).toEqual([]);
    expect(story.name).toBe('Initialize');
  });
});

describe('RFC 9568 section 6.4.3, Active', () => {
  it('claims in this order: advertisement, addresses, announcement', () => {
    expect(active().did).toEqual(['send 200', 'add-addresses', 'announce']);
  });

  it('advertises every interval, and lateness does not add up', () => {
    const story = active();
    const first = nextDeadline(story.state)!;
    const sent: number[] = [];
    for (let i = 0; i < 8; i++) {
      story.wait(3_000);
      if (story.did.includes('send 200')) sent.push(story.now - 3_000);
    }
    expect(sent).toEqual(sent.map((_, i) => first + i * INTERVAL));
    expect(sent.length).toBeGreaterThan(5);
  });

  it('resigns with priority 0 and then releases, on stop', () => {
    const story = active().apply({ type: 'shutdown', cause: 'stop' });
    expect(story.did).toEqual(['send 0', 'remove-addresses']);
  });

  it('releases without a word where there is no link to speak over', () => {
    for (const cause of ['link-down', 'interface-missing', 'no-source-address'] as const) {
      expect(active().apply({ type: 'shutdown', cause }).did).toEqual(['remove-addresses']);
    }
  });

  it('in strict mode gives way without a last word', () => {
    expect(active({ strictRfc: true }).hear(201).did).toEqual(['remove-addresses']);
  });

  it('of VRRPv2 in strict mode discards a lower priority (RFC 3768 section 6.4.3)', () => {
    const strict = active({ version: 2, strictRfc: true }).pass(10_000).hear(100);
    expect(strict.did).toEqual([]);
    const ours = active({ version: 2 }).pass(10_000).hear(100);
    expect(ours.did).toEqual(['send 200']);
  });

  it('announces again on a doubt, but not for every one of them', () => {
    const story = active({ advertIntervalMicros: 1_000_000 }).pass(1_500_000);
    expect(story.apply({ type: 'doubt' }).did).toEqual(['announce']);
    expect(story.pass(10_000).apply({ type: 'doubt' }).did).toEqual([]);
  });
});

describe('a member of a sync group that gave way in a tie', () => {
  it('is patient while the tie lasts, or equal hosts would give way for ever', () => {
    const order = { type: 'group', member: 'web.ipv6' } as const;
    const story = new Story({ grouped: true }).startup().wait();
    story.apply({ ...order, order: 'claim', extraMicros: 0 });
    const down = activeDownInterval(3, 200, INTERVAL);
    story.apply({ ...order, order: 'yield', extraMicros: down });
    expect(nextDeadline(story.state)).toBe(story.now + 2 * down);
    expect(nextDeadline(story.pass(1_000).hear(200).state)).toBe(story.now + 2 * down);
    expect(nextDeadline(story.pass(2 * down).hear(200).state)).toBe(story.now + down);
  });
});

describe('a stalled Active router', () => {
  it('says nothing until it has looked around', () => {
    const story = active().pass(2_000_000).tick();
    expect(story.did).toEqual(['woke 2000 ms late']);
    // Not even when its priority changes: that is what the next advertisement is for.
    expect(story.standing(2).did).toEqual([]);
    expect(story.wait().did).toContain('send 2');
  });

  it.each<RouterEvent>([
    { type: 'standing', standing: { priority: 100, claimNotBefore: null } },
    { type: 'doubt' },
    { type: 'lease-lost', silent: false },
    {
      type: 'reconfigure',
      parameters: { ...PARAMETERS, advertIntervalMicros: 2 * INTERVAL },
      standing: { priority: 200, claimNotBefore: null },
      readdressed: false,
    },
  ])('finds out that it did not run by whatever comes before its timer: $type', (event) => {
    const story = new Story().startup(true).wait().pass(2_000_000).apply(event);
    expect(story.did).toEqual(['woke 2000 ms late']);
    expect(story.hear(100).name).toBe('Backup');
  });

  it('looks around again when it stalls while looking, but not for ever', () => {
    const story = active().pass(2_000_000).tick();
    const looks = () => story.did[0]?.startsWith('woke') === true;
    story.wait(1_000_000);
    expect(looks()).toBe(true);
    for (let i = 0; i < 5 && looks(); i++) story.wait(1_000_000);
    expect(story.did).toEqual(['send 200', 'announce']);
  });

  it('ignores a resignation it reads then', () => {
    const story = active().pass(2_000_000).tick().hear(0);
    expect(story.name).toBe('Active');
    expect(story.did).toEqual([]);
  });
});

describe('a bystander', () => {
  it('counts once the Active router is silent for its whole interval', () => {
    const story = new Story({}, { priority: 150 }).startup().hear(200);
    story.pass(activeDownInterval(3, 150, INTERVAL)).hear(100, THIRD);
    expect(nextDeadline(story.state)! - story.now).toBeLessThanOrEqual(0);
    const before = new Story({}, { priority: 150 }).startup().hear(200);
    before.pass(INTERVAL).hear(0, THIRD);
    expect(nextDeadline(before.state)).toBe(activeDownInterval(3, 150, INTERVAL));
  });

  it('is listened to in strict mode, which knows no bystanders', () => {
    const story = new Story({ strictRfc: true }, { priority: 150 }).startup().hear(200);
    story.pass(INTERVAL).hear(0, THIRD);
    expect(nextDeadline(story.state)).toBe(INTERVAL + skewTime(3, 150, INTERVAL));
  });
});

const priority = fc.integer({ min: 0, max: 255 });
const standingPriority = fc.integer({ min: 1, max: 254 });
const anyEvent: fc.Arbitrary<(now: number) => RouterEvent> = fc.oneof(
  fc.boolean().map((leased) => () => ({ type: 'startup', leased }) as const),
  fc.boolean().map((silent) => () => ({ type: 'lease-lost', silent }) as const),
  fc
    .record({
      peer: fc.constantFrom(PEER, THIRD, parseIp('fe80::12')!),
      silentMicros: fc.integer({ min: 0, max: 3_000_000 }),
      detectionMicros: fc.integer({ min: 9_000, max: 3_000_000 }),
      intervalMicros: fc.integer({ min: 3_000, max: 1_000_000 }),
    })
    .map(({ silentMicros, ...lost }) => (now: number) => ({
      type: 'peer-lost' as const,
      lastHeardAt: now - silentMicros,
      ...lost,
    })),
  fc.constantFrom(PEER, THIRD).map((peer) => () => ({ type: 'peer-heard', peer }) as const),
  fc
    .constantFrom('stop', 'link-down', 'interface-missing', 'no-source-address', 'socket-error')
    .map((cause) => () => ({ type: 'shutdown', cause }) as const),
  fc.constant(() => ({ type: 'tick' }) as const),
  fc.constant(() => ({ type: 'tick' }) as const),
  fc.constant(() => ({ type: 'doubt' }) as const),
  fc
    .constantFrom('claim', 'yield', 'concede', 'resign', 'listen')
    .map((order) => () => ({ type: 'group', order, member: 'web', extraMicros: 0 }) as const),
  fc
    .record({
      priority,
      intervalMicros: fc.integer({ min: 1, max: 4095 }).map((units) => units * 10_000),
      source: fc.constantFrom(PEER, THIRD, parseIp('10.0.0.1')!),
    })
    .map((heard) => (now: number) => ({
      type: 'advertisement' as const,
      heard: { ...heard, at: now },
      localAddress: SELF,
    })),
  ...[
    fc
      .constantFrom('operator', 'priority', 'preempted', 'stop')
      .map((cause) => () => ({ type: 'hand-over', cause }) as const),
    fc
      .record({ asked: fc.nat(1_000_000), granted: fc.boolean() })
      .map((answer) => () => ({ type: 'handover-answer', ...answer }) as const),
    fc
      .integer({ min: 0, max: 2_000_000 })
      .map((micros) => (now: number) => ({ type: 'expect', until: now + micros }) as const),
    fc.constantFrom('given', 'drained').map((type) => () => ({ type }) as const),
    fc.tuple(fc.boolean(), fc.boolean()).map(
      ([onHold, released]) =>
        () =>
          ({ type: 'hold', onHold, released }) as const,
    ),
  ],
  fc
    .record({
      priority: standingPriority,
      claimNotBefore: fc.option(fc.integer({ min: 0, max: 30_000_000 })),
    })
    .map((standing) => () => ({ type: 'standing' as const, standing })),
);
const parameters: fc.Arbitrary<RouterParameters> = fc.record({
  version: fc.constantFrom(2, 3),
  advertIntervalMicros: fc.integer({ min: 1, max: 100 }).map((units) => units * 10_000),
  preempt: fc.boolean(),
  owner: fc.constant(false),
  peer: fc.constantFrom('tandem', 'other'),
  peerPriority: fc.option(standingPriority),
  strictRfc: fc.boolean(),
  grouped: fc.boolean(),
  preemptDelayMicros: fc.constantFrom(0, 500_000, 5_000_000),
  startupDelayMicros: fc.constantFrom(0, 2_000_000),
  asksPeer: fc.boolean(),
  drainMicros: fc.constantFrom(0, 1_000_000, 60_000_000),
}) as fc.Arbitrary<RouterParameters>;

function drainOf(state: RouterState): Drain | null {
  return state.name === 'Backup' ? state.drain : null;
}

/** A fall may be kept back for a moment. */
function spokenBy(state: RouterState): number | undefined {
  return state.name === 'Active' ? spokenPriority(state) : undefined;
}

/** Only a handover drains, and before it is said that the addresses are free. */
function checkDrain(
  before: RouterState,
  event: RouterEvent,
  types: readonly string[],
  begins: boolean,
): void {
  const from = types.indexOf('begin-drain');
  expect(from >= 0).toBe(begins);
  if (!begins) return;
  expect([event.type, before.name, before.leased]).toEqual(['hand-over', 'Active', true]);
  expect(before.parameters.drainMicros).toBeGreaterThan(0);
  expect(from).toBeLessThan(types.indexOf('send-advertisement'));
  expect(types.indexOf('send-advertisement')).toBeLessThan(types.indexOf('end-lease'));
}

/** What must hold between any state, any event, and what comes of them. */
function checkStep(before: RouterState, event: RouterEvent, now: number): RouterState {
  const frozen = structuredClone(before);
  const { state, actions } = step(before, event, now);
  expect(before).toEqual(frozen);
  expect(step(before, event, now)).toEqual({ state, actions });

  const types: string[] = actions.map(({ type }) => type);
  const enters = before.name !== 'Active' && state.name === 'Active';
  const leaves = before.name === 'Active' && state.name !== 'Active';
  expect(types.includes('add-addresses')).toBe(enters);
  const [drained, drains] = [drainOf(before), drainOf(state)];
  const begins = drains !== null && drains !== drained;
  // What drains keeps the addresses, until it is over or the router claims them again.
  expect(types.includes('remove-addresses')).toBe(
    (leaves && !begins) || (drained !== null && drains === null && !enters),
  );
  expect(types.includes('end-drain')).toBe(drained !== null && drains === null);
  checkDrain(before, event, types, begins);
  // Nothing is said for the addresses before the lease is armed, and nothing after it ended.
  const armed = types.indexOf('arm-lease');
  if (enters) expect(armed).toBe(state.leased ? 0 : -1);
  else if (armed >= 0) expect([state.name, state.leased]).toEqual(['Active', true]);
  const ended = types.indexOf('end-lease');
  expect(ended >= 0).toBe(leaves && before.leased);
  if (ended >= 0) expect(types.lastIndexOf('send-advertisement')).toBeLessThan(ended);
  const mute = state.name === 'Active' && state.leased && state.lookAroundUntil !== null;
  if (mute) expect(types.includes('send-advertisement')).toBe(false);
  const moves = actions.filter((action) => action.type === 'transition');
  expect(moves.map(({ from, to }) => [from, to])).toEqual(
    before.name === state.name ? [] : [[before.name, state.name]],
  );
  if (before.name !== 'Active' && state.name !== 'Active') {
    expect(types.includes('send-advertisement') || types.includes('announce')).toBe(false);
  }
  const { claimNotBefore } = state.standing;
  if (enters && claimNotBefore !== null) expect(now).toBeGreaterThanOrEqual(claimNotBefore);
  for (const action of actions) {
    if (action.type !== 'send-advertisement') continue;
    if (action.priority === 0) expect(leaves).toBe(true);
    else expect([state.standing.priority, spokenBy(before)]).toContain(action.priority);
  }
  // A tick always leaves the next deadline in the future: a timer cannot spin.
  const deadline = nextDeadline(state);
  if (event.type === 'tick' && deadline !== null) expect(deadline).toBeGreaterThan(now);
  if (deadline !== null) expect(Number.isSafeInteger(deadline)).toBe(true);
  return state;
}

describe('every state and event', () => {
  it('a tick in which a wait begins asks at once what should have been asked before', () => {
    const settings = { version: 2, advertIntervalMicros: 10_000, asksPeer: true } as const;
    const story = new Story(settings, { priority: 1, claimNotBefore: 1_026_094 }).startup();
    const { state, actions } = step(story.state, { type: 'tick' }, 1_026_093);
    expect(actions).toEqual([{ type: 'ask-peer', asked: 1_026_093 }]);
    expect(nextDeadline(state)).toBe(1_026_094);
  });

  it('is defined, deterministic and keeps the invariants', () => {
    const history = fc.array(fc.tuple(anyEvent, fc.integer({ min: 0, max: 3_000_000 })), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(parameters, standingPriority, history, (settings, configured, events) => {
        let state: RouterState = initialState(settings, {
          priority: configured,
          claimNotBefore: null,
        });
        let now = 0;
        for (const [make, pause] of events) {
          now += pause;
          state = checkStep(state, make(now), now);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('an advertisement never moves a Backup by itself, and a tick before its time does nothing', () => {
    const backup = new Story(PARAMETERS).startup();
    fc.assert(
      fc.property(priority, (value) => {
        const event: RouterEvent = {
          type: 'advertisement',
          heard: { priority: value, intervalMicros: INTERVAL, source: PEER, at: 5 },
          localAddress: SELF,
        };
        const heard = step(backup.state, event, 5);
        expect(heard.state.name).toBe('Backup');
        expect(heard.actions).toEqual([]);
        expect(step(heard.state, { type: 'tick' }, 6)).toEqual({ state: heard.state, actions: [] });
      }),
    );
  });
});
