import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RouterPart, TransitionRow } from '../snapshot.ts';
import { segmentsOf, timelineView } from './timeline.ts';
import { textOf } from './vnode.ts';

const HOUR = 3_600_000;

function change(at: number, from: string, to: string): TransitionRow {
  return { key: `web ${at}`, at, ago: '1m', from, to, why: `why ${at}` };
}

const router: RouterPart = {
  name: 'web',
  addresses: ['198.51.100.100/24'],
  where: 'VRID 51 on eth0',
  roles: [],
  remarks: [],
  active: true,
  yielded: false,
  successor: 'edge-b',
  limits: [],
  transitions: [],
  knownFrom: 0,
};

test('who had the addresses, from one change to the next', () => {
  const transitions = [change(10, 'Initialize', 'Backup'), change(30, 'Backup', 'Active')];
  expect(segmentsOf({ transitions, knownFrom: 0, active: true }, 100)).toEqual([
    { from: 0, to: 10, holder: 'out' },
    { from: 10, to: 30, holder: 'there' },
    { from: 30, to: 100, holder: 'here' },
  ]);
  expect(segmentsOf({ transitions: [], knownFrom: 0, active: true }, 100)).toEqual([
    { from: 0, to: 100, holder: 'here' },
  ]);
});

test('it is without gaps, of a day at most, and ends now', () => {
  const state = fc.constantFrom('Initialize', 'Backup', 'Active');
  const changes = fc.array(fc.record({ at: fc.nat({ max: 48 * HOUR }), from: state, to: state }));
  fc.assert(
    fc.property(changes, fc.nat({ max: 48 * HOUR }), (list, knownFrom) => {
      const now = 48 * HOUR + 1;
      const sorted = [...list].sort((left, right) => left.at - right.at);
      const transitions = sorted.map(({ at, from, to }) => change(at, from, to));
      const segments = segmentsOf({ transitions, knownFrom, active: false }, now);
      expect(segments.at(-1)?.to).toBe(now);
      expect(segments[0]!.from).toBeGreaterThanOrEqual(now - 24 * HOUR);
      segments.slice(1).forEach((segment, index) => {
        expect(segment.from).toBe(segments[index]!.to);
      });
    }),
  );
});

test('the newest changes are told first, older ones are folded away', () => {
  const transitions = Array.from({ length: 8 }, (_, n) => change(n, 'Backup', 'Active'));
  const told = textOf(timelineView({ ...router, transitions }, 'edge-a', 100));
  expect(told.indexOf('why 7')).toBeLessThan(told.indexOf('why 3'));
  expect(told).toContain('3 earlier');
  expect(textOf(timelineView(router, 'edge-a', 100))).toContain('no change since');
});
