/** Decoders with a bug planted in them: the fuzzer has to find it. */
import { afterEach, expect, test, vi } from 'vitest';
import type { DecodeResult, PacketView } from '../../keepalive/packet/advertisement.ts';
import { DecoderFault, fuzzDecoders } from './decoders.ts';

type Decode = (packet: PacketView, family: 4 | 6) => DecodeResult;

/** What a test does to the decoder; null: nothing. */
const sabotage = vi.hoisted(() => ({ current: null as ((real: Decode) => Decode) | null }));

vi.mock('../../keepalive/packet/advertisement.ts', async (importOriginal) => {
  const real = await importOriginal<{ decodeAdvertisement: Decode }>();
  const decodeAdvertisement: Decode = (packet, family) =>
    (sabotage.current?.(real.decodeAdvertisement) ?? real.decodeAdvertisement)(packet, family);
  return { ...real, decodeAdvertisement };
});

afterEach(() => {
  sabotage.current = null;
});

const CASES = 4_000;

test('an intact decoder has no fault', () => {
  expect(fuzzDecoders(1, CASES)).toBeGreaterThan(CASES);
});

test.each<[string, (real: Decode) => Decode]>([
  [
    'that throws on a short message',
    (real) => (packet, family) => {
      if (packet.message.length === 7) throw new RangeError('out of bounds');
      return real(packet, family);
    },
  ],
  [
    'that does not look at the hop limit',
    (real) => (packet, family) => real({ ...packet, hopLimit: 255 }, family),
  ],
  [
    'that takes any checksum for wrong when the message has padding',
    (real) => (packet, family) =>
      packet.message.length > 60
        ? { ok: false, error: { code: 'checksum', detail: 'padded' } }
        : real(packet, family),
  ],
  [
    'that believes an interval of zero',
    (real) => (packet, family) => {
      const result = real(packet, family);
      if (result.ok || result.error.code !== 'interval') return result;
      return real({ ...packet, message: packet.message.with(5, 1) }, family);
    },
  ],
])('one %s is found', (_what, broken) => {
  sabotage.current = broken;
  expect(() => fuzzDecoders(1, CASES)).toThrow(DecoderFault);
});
