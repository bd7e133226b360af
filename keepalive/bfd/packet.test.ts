import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BfdPacket,
  decodeBfdPacket,
  describeDiagnostic,
  encodeBfdPacket,
  sessionStates,
} from './packet.ts';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** Version 1, Down, multiplier 3, 1 s both ways, as any session begins. */
const DOWN = '20400318 00000001 00000000 000f4240 00000bb8 00000000';
/** Up with Poll, 3 ms both ways. */
const UP_POLL = '20e00318 0a0b0c0d 01020304 00000bb8 00000bb8 00000000';

function decoded(bytes: Uint8Array): BfdPacket {
  const result = decodeBfdPacket(bytes);
  if (!result.ok) throw new Error(`refused: ${result.error.code} ${result.error.detail}`);
  return result.packet;
}

/** The vector with some of its bytes replaced. */
function errorWith(vector: string, changes: Record<number, number>): string {
  const bytes = hex(vector);
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value;
  const result = decodeBfdPacket(bytes);
  return result.ok ? 'accepted' : `${result.error.code}: ${result.error.detail}`;
}

const anyPacket: fc.Arbitrary<BfdPacket> = fc
  .record({
    diagnostic: fc.nat(31),
    state: fc.constantFrom(...sessionStates),
    poll: fc.boolean(),
    final: fc.boolean(),
    controlPlaneIndependent: fc.boolean(),
    demand: fc.boolean(),
    detectMultiplier: fc.integer({ min: 1, max: 255 }),
    myDiscriminator: fc.integer({ min: 1, max: 0xffffffff }),
    yourDiscriminator: fc.integer({ min: 0, max: 0xffffffff }),
    desiredMinTxMicros: fc.integer({ min: 0, max: 0xffffffff }),
    requiredMinRxMicros: fc.integer({ min: 0, max: 0xffffffff }),
    requiredMinEchoRxMicros: fc.integer({ min: 0, max: 0xffffffff }),
  })
  .filter(
    ({ state, yourDiscriminator }) =>
      yourDiscriminator !== 0 || state === 'Down' || state === 'AdminDown',
  );

describe('a control packet', () => {
  it('is read field by field', () => {
    expect(decoded(hex(DOWN))).toEqual({
      diagnostic: 0,
      state: 'Down',
      poll: false,
      final: false,
      controlPlaneIndependent: false,
      demand: false,
      detectMultiplier: 3,
      myDiscriminator: 1,
      yourDiscriminator: 0,
      desiredMinTxMicros: 1_000_000,
      requiredMinRxMicros: 3_000,
      requiredMinEchoRxMicros: 0,
    });
    expect(decoded(hex(UP_POLL))).toMatchObject({
      state: 'Up',
      poll: true,
      final: false,
      myDiscriminator: 0x0a0b0c0d,
      yourDiscriminator: 0x01020304,
      desiredMinTxMicros: 3_000,
    });
  });

  it('is written as it was read', () => {
    for (const vector of [DOWN, UP_POLL]) {
      expect(encodeBfdPacket(decoded(hex(vector)))).toEqual(hex(vector));
    }
  });

  it('keeps every flag apart', () => {
    const flags = (byte: number) => {
      const bytes = hex(UP_POLL);
      bytes[1] = byte;
      const { state, poll, final, controlPlaneIndependent, demand } = decoded(bytes);
      return [state, poll, final, controlPlaneIndependent, demand];
    };
    expect(flags(0x80)).toEqual(['Init', false, false, false, false]);
    expect(flags(0xe0)).toEqual(['Up', true, false, false, false]);
    expect(flags(0xd0)).toEqual(['Up', false, true, false, false]);
    expect(flags(0xc8)).toEqual(['Up', false, false, true, false]);
    expect(flags(0xc2)).toEqual(['Up', false, false, false, true]);
    expect(flags(0x00)).toEqual(['AdminDown', false, false, false, false]);
  });

  it('survives the way there and back, with or without padding behind it', () => {
    fc.assert(
      fc.property(anyPacket, fc.uint8Array({ maxLength: 40 }), (packet, padding) => {
        const bytes = Uint8Array.of(...encodeBfdPacket(packet), ...padding);
        expect(decoded(bytes)).toEqual(packet);
      }),
    );
  });

  it('is read from a view into a larger buffer', () => {
    const buffer = new Uint8Array(64);
    buffer.set(hex(UP_POLL), 7);
    expect(decoded(buffer.subarray(7, 7 + 24))).toEqual(decoded(hex(UP_POLL)));
  });
});

describe('reception checks of RFC 5880 section 6.8.6', () => {
  it('wants version 1', () => {
    expect(errorWith(DOWN, { 0: 0x00 })).toBe('version: version 0');
    expect(errorWith(DOWN, { 0: 0x40 })).toBe('version: version 2');
  });

  it('wants a length of 24, of 26 with authentication, and no more than there is', () => {
    expect(errorWith(DOWN, { 3: 23 })).toBe('length: length 23, at least 24');
    expect(errorWith(DOWN, { 1: 0x44, 3: 25 })).toBe('length: length 25, at least 26');
    expect(errorWith(DOWN, { 3: 25 })).toBe('length: length 25 in 24 bytes');
    const short = decodeBfdPacket(hex(DOWN).subarray(0, 23));
    expect(short).toEqual({ ok: false, error: { code: 'length', detail: '23 bytes' } });
    expect(decodeBfdPacket(new Uint8Array(0)).ok).toBe(false);
  });

  it('wants a multiplier', () => {
    expect(errorWith(DOWN, { 2: 0 })).toBe('multiplier: detect multiplier 0');
  });

  it('refuses multipoint', () => {
    expect(errorWith(DOWN, { 1: 0x41 })).toBe('multipoint: the multipoint bit');
  });

  it('wants the sender to name the session', () => {
    expect(errorWith(DOWN, { 7: 0 })).toBe('my-discriminator: my discriminator 0');
  });

  it('takes an unknown receiver only in Down and AdminDown', () => {
    const zero = { 8: 0, 9: 0, 10: 0, 11: 0 };
    expect(errorWith(UP_POLL, zero)).toBe('your-discriminator: your discriminator 0 in state Up');
    expect(errorWith(UP_POLL, { ...zero, 1: 0x80 })).toBe(
      'your-discriminator: your discriminator 0 in state Init',
    );
    expect(errorWith(UP_POLL, { ...zero, 1: 0x00 })).toBe('accepted');
    expect(errorWith(DOWN, {})).toBe('accepted');
  });

  it('refuses authentication, which is not in use', () => {
    const bytes = Uint8Array.of(...hex(DOWN), 1, 4, 1, 0x61);
    bytes[1] = 0x44;
    bytes[3] = 28;
    expect(decodeBfdPacket(bytes)).toMatchObject({ error: { code: 'authentication' } });
  });

  it('never throws, whatever the bytes', () => {
    const shaken = fc
      .tuple(anyPacket, fc.array(fc.tuple(fc.nat(23), fc.nat(255)), { maxLength: 6 }))
      .map(([packet, changes]) => {
        const bytes = encodeBfdPacket(packet);
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), shaken), (bytes) => {
        const result = decodeBfdPacket(bytes);
        // What is accepted says the same when written again: nothing was read wrong or left out.
        if (result.ok) {
          const again = encodeBfdPacket(result.packet);
          again[3] = bytes[3]!;
          expect(again).toEqual(bytes.subarray(0, 24));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('diagnostics', () => {
  it('have the words of the RFC', () => {
    expect(describeDiagnostic(0)).toBe('no diagnostic');
    expect(describeDiagnostic(3)).toBe('neighbor signaled session down');
    expect(describeDiagnostic(7)).toBe('administratively down');
    expect(describeDiagnostic(31)).toBe('diagnostic 31');
  });
});
