import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIp } from './ip-address.ts';
import { decodeRoute, decodeRouteChange, encodeRoute, ROUTE_PROTOCOL } from './netlink-route.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const route = fc.constantFrom(4, 16).chain((length) =>
  fc.record(
    {
      destination: bytes(length),
      prefixLength: fc.nat(length * 8),
      gateway: bytes(length),
      interfaceIndex: fc.integer({ min: 1, max: 2 ** 31 }),
      source: bytes(length),
      metric: fc.nat(2 ** 32 - 1),
      table: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    },
    {
      requiredKeys: ['destination', 'prefixLength', 'interfaceIndex', 'metric', 'table'],
    },
  ),
);

describe('routes', () => {
  it('round-trip with everything that tells them apart', () => {
    fc.assert(
      fc.property(route, fc.boolean(), (own, removal) => {
        expect(decodeRoute(encodeRoute(own, removal))).toEqual(own);
        expect(decodeRouteChange(encodeRoute(own, removal))?.protocol).toBe(ROUTE_PROTOCOL);
      }),
    );
  });

  it('of others are not ours, and take their place all the same', () => {
    const ours = encodeRoute(
      {
        destination: parseIp('203.0.113.0')!,
        prefixLength: 24,
        interfaceIndex: 2,
        metric: 7,
        table: 254,
      },
      false,
    );
    const theirs = Uint8Array.from(ours);
    theirs[5] = 4;
    expect(decodeRoute(theirs)).toBeNull();
    expect(decodeRouteChange(theirs)).toEqual({
      protocol: 4,
      place: '203.0.113.0/24 metric 7 table 254',
    });
  });
});

it('survives any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (any) => {
      decodeRoute(any);
      decodeRouteChange(any);
    }),
  );
});
