import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BfdPacket, decodeBfdPacket, encodeBfdPacket, sessionStates } from './packet.ts';
import { Driven, MS, OURS, SECOND, Wire } from './session.case.ts';
import { desiredMinTxMicros, detectionMicros, transmitMicros } from './session.ts';
import type { SessionEvent } from './step.ts';

const intervals = fc.tuple(
  fc.integer({ min: 3 * MS, max: 50 * MS }),
  fc.integer({ min: 3 * MS, max: 50 * MS }),
);
const seed = fc.integer({ min: 1, max: 0x7fffffff });

/** A small generator, so that a failing case can be run again from its seed. */
function randomFrom(start: number): () => number {
  let value = start;
  return () => {
    value = (Math.imul(value, 48_271) >>> 0) % 0x7fffffff;
    return value / 0x7fffffff;
  };
}

describe('two sessions', () => {
  it('come up, agree on the slower pace, keep to it, and notice a cut in time', () => {
    fc.assert(
      fc.property(intervals, seed, (pace, from) => {
        const wire = new Wire(pace, randomFrom(from));
        wire.run(4 * SECOND);
        expect(wire.ends.map(({ name }) => name)).toEqual(['Up', 'Up']);
        const agreed = Math.max(...pace);
        expect(wire.ends.map(transmitMicros)).toEqual([agreed, agreed]);
        expect(wire.ends.map(detectionMicros)).toEqual([3 * agreed, 3 * agreed]);
        expect(wire.ends.map(({ polling }) => polling)).toEqual([false, false]);
        const began = wire.now;
        wire.run(40 * agreed);
        for (const times of wire.sentAt) {
          const gaps = times
            .filter((at) => at > began)
            .map((at, i, all) => at - (all[i - 1] ?? at));
          for (const gap of gaps.slice(1)) {
            expect(gap).toBeGreaterThanOrEqual(Math.floor(agreed * 0.75) - 1);
            expect(gap).toBeLessThanOrEqual(agreed);
          }
        }
        const heardAt = wire.ends.map(({ lastHeardAt }) => lastHeardAt!);
        wire.cut = true;
        wire.run(3 * agreed + 1_000);
        expect(wire.ends.map(({ name }) => name)).toEqual(['Down', 'Down']);
        expect(heardAt.every((at) => wire.now - at <= 4 * agreed + 1_000)).toBe(true);
        wire.cut = false;
        wire.run(4 * SECOND);
        expect(wire.ends.map(({ name }) => name)).toEqual(['Up', 'Up']);
      }),
      { numRuns: 40 },
    );
  });

  it('send no more than a packet a second to a peer that is not there', () => {
    const wire = new Wire([3 * MS, 3 * MS], randomFrom(7));
    wire.cut = true;
    wire.run(60 * SECOND);
    expect(wire.sentAt[0].length).toBeGreaterThanOrEqual(60);
    expect(wire.sentAt[0].length).toBeLessThanOrEqual(81);
  });

  it('come up through a wire that loses a third', () => {
    fc.assert(
      fc.property(seed, (from) => {
        const wire = new Wire([50 * MS, 50 * MS], randomFrom(from));
        wire.lose();
        let seen = 0;
        for (let i = 0; i < 300 && seen < 2; i++) {
          wire.run(100 * MS);
          seen = wire.ends.filter(({ name }) => name === 'Up').length;
        }
        expect(seen).toBe(2);
      }),
      { numRuns: 20 },
    );
  });
});

const anyPacket: fc.Arbitrary<BfdPacket> = fc.record({
  diagnostic: fc.nat(31),
  state: fc.constantFrom(...sessionStates),
  poll: fc.boolean(),
  final: fc.boolean(),
  controlPlaneIndependent: fc.boolean(),
  demand: fc.boolean(),
  detectMultiplier: fc.integer({ min: 1, max: 255 }),
  myDiscriminator: fc.integer({ min: 1, max: 0xffffffff }),
  yourDiscriminator: fc.constant(OURS),
  desiredMinTxMicros: fc.oneof(fc.nat(20 * MS), fc.integer({ min: 0, max: 0xffffffff })),
  requiredMinRxMicros: fc.oneof(fc.nat(20 * MS), fc.integer({ min: 0, max: 0xffffffff })),
  requiredMinEchoRxMicros: fc.nat(SECOND),
});
const jitter = fc.double({ min: 0, max: 0.999_999, noNaN: true });
const anyEvent: fc.Arbitrary<SessionEvent> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('packet'), packet: anyPacket, jitter }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('tick'), jitter }) },
  fc.record({ type: fc.constant('path-down'), jitter }),
  { weight: 1, arbitrary: fc.record({ type: fc.constant('disable'), jitter }) },
);

describe('every state and event', () => {
  it('keeps the promises of the RFC, whatever a peer says', () => {
    const story = fc.array(fc.tuple(fc.nat(30 * MS), anyEvent), { maxLength: 60 });
    fc.assert(
      fc.property(story, (events) => {
        const session = new Driven();
        for (const [wait, event] of events) {
          const before = session.state;
          session.pass(wait).apply(event);
          const { state } = session;
          for (const packet of session.sent) {
            expect(packet.poll && packet.final).toBe(false);
            const again = decodeBfdPacket(encodeBfdPacket(packet));
            expect(again).toEqual({ ok: true, packet });
            if (packet.state !== 'Up') {
              expect(packet.desiredMinTxMicros).toBeGreaterThanOrEqual(SECOND);
            }
          }
          expect(session.sent.length).toBeLessThanOrEqual(2);
          expect(session.moves.length).toBe(before.name === state.name ? 0 : 1);
          if (state.name === 'Up' || state.name === 'Init') expect(state.detectAt).not.toBeNull();
          if (state.sendAt !== null) {
            // Never sooner than a deadline that is due, never later than the agreed interval.
            const latest = Math.max(state.lastSentAt ?? 0, session.now) + transmitMicros(state);
            expect(state.sendAt).toBeLessThanOrEqual(latest);
            expect(Number.isSafeInteger(state.sendAt)).toBe(true);
          }
          if (desiredMinTxMicros(before) !== desiredMinTxMicros(state)) {
            expect(state.polling).toBe(true);
          }
          if (event.type === 'packet' && event.packet.poll) {
            expect(session.sent.filter(({ final }) => final)).toHaveLength(1);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
