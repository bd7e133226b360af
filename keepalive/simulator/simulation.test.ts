import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PeerReport } from '../peer/peer-port.ts';
import type { RouterEvent } from '../virtual-router/event.ts';
import type { RouterState } from '../virtual-router/state.ts';
import type { Step } from '../virtual-router/step.ts';
import { type SimulationResult, simulate } from './simulation.ts';

type StepFunction = (state: RouterState, event: RouterEvent, now: number) => Step;

/** The rule that a test breaks on purpose; the real step when it breaks none. */
const sabotage = vi.hoisted(() => ({
  current: null as ((real: StepFunction) => StepFunction) | null,
  /** To what the peer drains. */
  deaf: false,
}));

vi.mock('../virtual-router/step.ts', async (importOriginal) => {
  const { step } = await importOriginal<{ step: StepFunction }>();
  const broken: StepFunction = (state, event, now) =>
    (sabotage.current?.(step) ?? step)(state, event, now);
  return { step: broken };
});

vi.mock('../handover/second-chances.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../handover/second-chances.ts')>();
  class Broken extends original.SecondChances {
    override heard(report: PeerReport | null): void {
      super.heard(report !== null && sabotage.deaf ? { ...report, routers: [] } : report);
    }
  }
  return { ...original, SecondChances: Broken };
});

afterEach(() => {
  sabotage.current = null;
  sabotage.deaf = false;
});

/** Runs seeds until one breaks a promise; null when none of them does. */
async function firstViolation(
  first: number,
  count: number,
  handover = false,
): Promise<SimulationResult | null> {
  for (let seed = first; seed < first + count; seed++) {
    const result = await simulate(seed, { handover });
    if (result.violation !== null) return result;
  }
  return null;
}

describe('swarms of agents', () => {
  it('keep every promise under drawn faults', { timeout: 60_000 }, async () => {
    const found = await firstViolation(1, 300);
    expect(found?.trace ?? '').toBe('');
  });

  it('keep every promise while addresses move by agreement', { timeout: 60_000 }, async () => {
    const found = await firstViolation(1, 40, true);
    expect(found?.trace ?? '').toBe('');
  });

  it('live the same life again from the same seed', async () => {
    const [once, again] = [await simulate(7), await simulate(7)];
    expect(again).toEqual(once);
    expect((await simulate(8)).trace).not.toBe(once.trace);
  });
});

/** All within the first thousand seeds; those that take long to find begin shortly before. */
describe('a rule broken on purpose is found', { timeout: 60_000 }, () => {
  const seeds = 300;

  it('an Active router that does not give way', async () => {
    sabotage.current = (real) => (state, event, now) =>
      state.name === 'Active' && event.type === 'advertisement' && event.heard.priority > 0
        ? { state, actions: [] }
        : real(state, event, now);
    const found = await firstViolation(1, seeds);
    expect(found?.violation?.rule).toBe('two-holders');
    expect(found?.trace).toMatch(/VIOLATION two-holders: . and . both held the address/);
    const again = await simulate(found?.seed ?? 0, { journal: true });
    expect(again.trace).toBe(found?.trace);
    expect(again.journal?.length).toBeGreaterThan(10);
  });

  it('a Backup that keeps the addresses', async () => {
    sabotage.current = (real) => (state, event, now) => {
      const result = real(state, event, now);
      const actions = result.actions.filter(({ type }) => type !== 'remove-addresses');
      return { ...result, actions };
    };
    expect((await firstViolation(1, seeds))?.violation).not.toBeNull();
  });

  it('a Backup whose timer the advertisements do not restart', async () => {
    sabotage.current = (real) => (state, event, now) => {
      const result = real(state, event, now);
      if (state.name !== 'Backup' || event.type !== 'advertisement') return result;
      if (result.state.name !== 'Backup') return result;
      return { ...result, state: { ...result.state, activeDownAt: state.activeDownAt } };
    };
    const found = await firstViolation(1, seeds);
    expect(found?.violation?.rule).toBe('flap');
  });

  it('a tie that nobody wins', async () => {
    sabotage.current = (real) => (state, event, now) =>
      state.name === 'Active' &&
      event.type === 'advertisement' &&
      event.heard.priority === state.standing.priority
        ? { state, actions: [] }
        : real(state, event, now);
    expect((await firstViolation(1, seeds))?.violation?.rule).toBe('two-holders');
  });

  it('a down timer that is believed however late it fires', async () => {
    sabotage.current = (real) => (state, event, now) =>
      event.type === 'tick' && state.name === 'Backup' && now > state.activeDownAt
        ? real({ ...state, activeDownAt: now }, event, now)
        : real(state, event, now);
    expect((await firstViolation(1, seeds))?.violation?.rule).toBe('late-claim');
  });

  it('a member of a sync group that leaves without a word when a better router is heard', async () => {
    sabotage.current = (real) => (state, event, now) =>
      event.type === 'group' && event.order === 'concede'
        ? real(state, { ...event, order: 'yield' }, now)
        : real(state, event, now);
    expect((await firstViolation(291, seeds))?.violation?.rule).toBe('neighbours');
  });

  it('a lease that is not armed again after a stall', async () => {
    sabotage.current = (real) => (state, event, now) => {
      const result = real(state, event, now);
      if (state.name !== 'Active') return result;
      return { ...result, actions: result.actions.filter(({ type }) => type !== 'arm-lease') };
    };
    const found = await firstViolation(1, seeds);
    expect(['not-one-holder', 'wrong-holder']).toContain(found?.violation?.rule);
  });

  it('a loser that does not speak up once more, so that the winner announces', async () => {
    sabotage.current = (real) => (state, event, now) => {
      const result = real(state, event, now);
      if (state.name !== 'Active' || event.type !== 'advertisement') return result;
      if (result.state.name !== 'Backup') return result;
      const actions = result.actions.filter(({ type }) => type !== 'send-advertisement');
      return { ...result, actions };
    };
    // Rare: it takes a partition that heals so that the winner is heard first.
    expect((await firstViolation(1, 3 * seeds))?.violation?.rule).toBe('neighbours');
  });

  it('a faulted Active router that a preempt: false Backup lets go on', async () => {
    sabotage.current = (real) => (state, event, now) => {
      if (state.name !== 'Backup' || state.parameters.preempt) return real(state, event, now);
      const strict = { ...state.parameters, strictRfc: true };
      const result = real({ ...state, parameters: strict }, event, now);
      return { ...result, state: { ...result.state, parameters: state.parameters } };
    };
    expect((await firstViolation(1, 3 * seeds))?.violation?.rule).toBe('wrong-holder');
  });

  it('a member of a sync group that claims alone', async () => {
    sabotage.current = (real) => (state, event, now) => {
      const { grouped } = state.parameters;
      const alone = { ...state, parameters: { ...state.parameters, grouped: false } };
      const result = real(alone, event, now);
      const parameters = { ...result.state.parameters, grouped };
      return { ...result, state: { ...result.state, parameters } };
    };
    const found = await firstViolation(1, seeds);
    expect(found?.violation?.rule).toBe('split-group');
  });

  it('a member of a sync group that stays Active when another gives way', async () => {
    sabotage.current = (real) => (state, event, now) =>
      event.type === 'group' && (event.order === 'yield' || event.order === 'concede')
        ? { state, actions: [] }
        : real(state, event, now);
    const found = await firstViolation(1, seeds);
    expect(['two-holders', 'split-group']).toContain(found?.violation?.rule);
  });
});

describe('a rule of agreed handovers that is broken on purpose is found', {
  timeout: 60_000,
}, () => {
  const found = () => firstViolation(1, 100, true);

  it('a giver that resigns without arming its drain', async () => {
    sabotage.current = (real) => (state, event, now) => {
      const result = real(state, event, now);
      const actions = result.actions.filter(({ type }) => type !== 'begin-drain');
      return { ...result, actions };
    };
    const violation = (await found())?.violation;
    expect(violation?.rule).toBe('broken-connection');
    expect(violation?.message).toContain('is mute');
  });

  it('a giver that goes on answering', async () => {
    sabotage.current = (real) => (state, event, now) => {
      const result = real(state, event, now);
      if (event.type !== 'hand-over') return result;
      const kept = ({ type }: { type: string }) =>
        type !== 'end-lease' && type !== 'send-advertisement';
      return { ...result, actions: result.actions.filter(kept) };
    };
    expect((await found())?.violation?.rule).toBe('drain');
  });

  it('a receiver that stops passing strangers on too early', async () => {
    sabotage.deaf = true;
    expect((await found())?.violation?.rule).toBe('broken-connection');
  });

  it('a giver that takes back what an operator had it give away', async () => {
    sabotage.current = (real) => (state, event, now) =>
      real(state.name === 'Backup' ? { ...state, yielded: false } : state, event, now);
    expect((await found())?.violation?.rule).toBe('hold');
  });

  it('a drain that never ends', async () => {
    sabotage.current = (real) => (state, event, now) => {
      const endless = state.name === 'Backup' && state.drain !== null && event.type === 'drained';
      return endless ? { state, actions: [] } : real(state, event, now);
    };
    expect((await found())?.violation?.rule).toBe('drain');
  });
});
