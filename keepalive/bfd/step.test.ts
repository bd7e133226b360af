import { describe, expect, it } from 'vitest';
import { lateListensMax } from '../limits.ts';
import { sessionStates } from './packet.ts';
import { Driven, MS, OURS, SECOND, THEIRS } from './session.case.ts';
import { detectionMicros, transmitMicros } from './session.ts';

describe('coming up', () => {
  it('begins with Down, at once, naming nobody, and asking for a packet a second', () => {
    const session = new Driven().tick(0.999);
    expect(session.sent).toMatchObject([
      {
        state: 'Down',
        poll: false,
        myDiscriminator: OURS,
        yourDiscriminator: 0,
        desiredMinTxMicros: SECOND,
        requiredMinRxMicros: 3 * MS,
      },
    ]);
  });

  it('goes Down, Init, Up with a peer that does, each said at once', () => {
    const session = new Driven().tick().pass(100 * MS);
    session.hear({ state: 'Down', yourDiscriminator: 0 });
    expect(session.moves).toEqual(['Down-Init: heard']);
    expect(session.sent).toMatchObject([{ state: 'Init', yourDiscriminator: THEIRS }]);
    session.hear({ state: 'Init' });
    expect(session.moves).toEqual(['Init-Up: heard']);
    expect(session.sent).toMatchObject([{ state: 'Up', desiredMinTxMicros: 3 * MS, poll: true }]);
  });

  it('goes from Down to Up when the peer is in Init already', () => {
    expect(new Driven().hear({ state: 'Init' }).moves).toEqual(['Down-Up: heard']);
  });

  it('does not come up on Up alone: the peer means another session', () => {
    expect(new Driven().hear({ state: 'Up' }).state.name).toBe('Down');
  });

  it('is slow until Up, then as fast as both can', () => {
    const session = new Driven().tick();
    expect(session.state.sendAt).toBe(SECOND);
    session.hear({ state: 'Down' });
    expect(transmitMicros(session.state)).toBe(SECOND);
    session.hear({ state: 'Up', requiredMinRxMicros: 10 * MS });
    expect(transmitMicros(session.state)).toBe(10 * MS);
    expect(session.state.sendAt).toBe(10 * MS);
  });

  it('polls until the peer has answered, in periodic packets only', () => {
    const session = new Driven().hear({ state: 'Init' });
    session.pass(3 * MS).tick();
    expect(session.sent).toMatchObject([{ poll: true, final: false }]);
    session.hear({ state: 'Up', final: true });
    expect(session.sent).toEqual([]);
    session.pass(3 * MS).tick();
    expect(session.sent).toMatchObject([{ poll: false }]);
  });
});

describe('answering and negotiating', () => {
  it('answers Poll with Final at once, in any state, and never with both', () => {
    for (const state of sessionStates) {
      const session = new Driven().up().hear({ state, poll: true });
      const finals = session.sent.filter((packet) => packet.final);
      expect(finals).toHaveLength(1);
      expect(session.sent.filter((packet) => packet.poll && packet.final)).toEqual([]);
      // The answer says all that a packet about the new state would say.
      expect(session.sent).toHaveLength(1);
      expect(finals[0]!.state).toBe(session.state.name);
    }
  });

  it('answers a Poll even to a peer that wants no periodic packets', () => {
    const session = new Driven().up().hear({ state: 'Up', requiredMinRxMicros: 0, poll: true });
    expect(session.sent).toMatchObject([{ final: true }]);
    expect(session.state.sendAt).toBeNull();
    expect(session.pass(10 * SECOND).state.sendAt).toBeNull();
  });

  it('follows a peer that wants fewer packets, and later more again, at once', () => {
    const session = new Driven().up();
    session.hear({ state: 'Up', requiredMinRxMicros: SECOND, desiredMinTxMicros: 3 * MS });
    session.pass(session.state.sendAt! - session.now).tick();
    expect(session.state.sendAt! - session.now).toBe(SECOND);
    session.pass(2 * MS);
    session.hear({ state: 'Up', requiredMinRxMicros: 5 * MS, desiredMinTxMicros: 3 * MS });
    expect(session.state.sendAt! - session.now).toBe(3 * MS);
  });

  it('is silent while a peer in demand mode is Up, except to poll', () => {
    const session = new Driven().up().hear({ state: 'Up', demand: true });
    expect(session.state.sendAt).toBeNull();
    session.hear({ state: 'Up', demand: false });
    expect(session.state.sendAt).not.toBeNull();
  });

  it('takes 0 to 25 percent off the interval', () => {
    const next = (jitter: number, multiplier = 3) => {
      const session = new Driven(100 * MS, multiplier).up();
      session.pass(session.state.sendAt! - session.now).tick(jitter);
      return session.state.sendAt! - session.now;
    };
    expect(next(0)).toBe(100 * MS);
    expect(next(0.5)).toBe(87_500);
    expect(next(0.999_999)).toBe(75_000);
    expect(next(0, 1)).toBe(90 * MS);
    expect(next(0.999_999, 1)).toBe(75_000);
  });

  it('counts the next packet from the deadline, so that lateness does not add up', () => {
    const session = new Driven().up();
    const due = session.state.sendAt!;
    session.pass(due - session.now + MS).tick();
    expect(session.state.sendAt).toBe(due + 3 * MS);
    session.pass(50 * MS).tick();
    expect(session.sent).toHaveLength(1);
    expect(session.state.sendAt).toBeGreaterThan(session.now);
  });
});

describe('the Detection Time', () => {
  it("is the peer's multiplier times the agreed interval", () => {
    const session = new Driven().up();
    expect(detectionMicros(session.state)).toBe(9 * MS);
    session.hear({ state: 'Up', desiredMinTxMicros: 20 * MS, detectMultiplier: 5 });
    expect(session.state.detectAt! - session.now).toBe(100 * MS);
    session.hear({ state: 'Up', desiredMinTxMicros: 1, detectMultiplier: 2 });
    expect(session.state.detectAt! - session.now).toBe(6 * MS);
  });

  it('ends a session: Down, diagnostic 1, said at once and then slowly', () => {
    const session = new Driven().up().pass(9 * MS - 1);
    expect(session.tick().state.name).toBe('Up');
    session.pass(1).tick();
    expect(session.actions).toMatchObject([
      {
        type: 'transition',
        from: 'Up',
        to: 'Down',
        cause: {
          code: 'silence',
          lastHeardAt: 0,
          detectionMicros: 9 * MS,
          intervalMicros: 3 * MS,
        },
      },
      { type: 'send', packet: { state: 'Down', diagnostic: 1, yourDiscriminator: 0 } },
    ]);
    expect(session.state.sendAt! - session.now).toBe(SECOND);
    expect(session.state.detectAt).toBeNull();
  });

  it('ends an Init, which is no loss of an Up session', () => {
    const session = new Driven().hear({ state: 'Down', yourDiscriminator: 0 });
    session.pass(3 * SECOND).tick();
    expect(session.moves).toEqual(['Init-Down: silence']);
  });

  it('is extended by every packet that is not discarded', () => {
    const session = new Driven().up();
    for (let i = 0; i < 20; i++) {
      session.pass(8 * MS).hear({ state: 'Up', desiredMinTxMicros: 3 * MS });
      expect(session.tick().state.name).toBe('Up');
    }
  });

  it('forgets a peer that was silent while Down, but goes on calling', () => {
    const session = new Driven().up().hear({ state: 'AdminDown', requiredMinRxMicros: 0 });
    expect(session.state.remote.discriminator).toBe(THEIRS);
    expect(session.state.sendAt).toBeNull();
    session.pass(session.state.detectAt! - session.now).tick();
    expect(session.sent).toMatchObject([{ state: 'Down', yourDiscriminator: 0 }]);
    expect(session.state.sendAt! - session.now).toBe(SECOND);
  });

  it('is not believed when this process did not run: one interval more, a few times', () => {
    const session = new Driven().up();
    for (let i = 0; i < lateListensMax; i++) {
      session.pass(session.state.detectAt! - session.now + 50 * MS).tick();
      expect(session.actions).toContainEqual({
        type: 'woke-late',
        lateMicros: 50 * MS,
        waitMicros: 3 * MS,
      });
      expect(session.state.name).toBe('Up');
    }
    session.pass(session.state.detectAt! - session.now + 50 * MS).tick();
    expect(session.moves).toEqual(['Up-Down: silence']);
  });

  it('is believed when the timer was late by no more than an interval', () => {
    const session = new Driven()
      .up()
      .pass(12 * MS)
      .tick();
    expect(session.moves).toEqual(['Up-Down: silence']);
  });
});

describe('a session that ends for other reasons', () => {
  it('falls with a peer that says Down', () => {
    const session = new Driven().up().hear({ state: 'Down', diagnostic: 1 });
    expect(session.moves).toEqual(['Up-Down: neighbor-down']);
    expect(session.state.diagnostic).toBe(3);
    // The peer may come again from here.
    session.hear({ state: 'Down' });
    expect(session.state.name).toBe('Init');
  });

  it('falls with a peer that ends it in order, and waits for it in Down', () => {
    const session = new Driven().up().hear({ state: 'AdminDown' });
    expect(session.moves).toEqual(['Up-Down: neighbor-admin-down']);
    expect(session.hear({ state: 'AdminDown' }).moves).toEqual([]);
    expect(session.state.name).toBe('Down');
  });

  it('falls at once with our own link', () => {
    const session = new Driven().up().apply({ type: 'path-down', jitter: 0 });
    expect(session.moves).toEqual(['Up-Down: path-down']);
    expect(session.state.diagnostic).toBe(5);
    expect(session.apply({ type: 'path-down', jitter: 0 }).actions).toEqual([]);
  });

  it('ends in order: AdminDown is said at once, and no packet brings it back', () => {
    const session = new Driven().up().apply({ type: 'disable', jitter: 0 });
    expect(session.sent).toMatchObject([{ state: 'AdminDown', diagnostic: 7 }]);
    for (const state of sessionStates) {
      expect(session.hear({ state }).state.name).toBe('AdminDown');
    }
    expect(session.apply({ type: 'disable', jitter: 0 }).actions).toEqual([]);
  });

  it('comes up again with a peer that was started anew and has another name for it', () => {
    const session = new Driven().up();
    session.hear({ state: 'Down', myDiscriminator: 33, yourDiscriminator: 0 });
    session.hear({ state: 'Down', myDiscriminator: 33 });
    session.hear({ state: 'Init', myDiscriminator: 33 });
    expect(session.state.name).toBe('Up');
    expect(session.sent).toMatchObject([{ yourDiscriminator: 33 }]);
  });
});
