import { expect, test } from 'vitest';
import { latenessBoundsMicros } from '../../keepalive/index.ts';
import { histogramText, latenessSeries } from './histogram-text.ts';

test('buckets are cumulative, in seconds, and end with all', () => {
  const buckets = new Array<number>(latenessBoundsMicros.length + 1).fill(0);
  buckets[0] = 5;
  buckets[2] = 2;
  buckets[latenessBoundsMicros.length] = 1;
  const lateness = { count: 8, sumMicros: 2_500_000, maxMicros: 1_500_000, buckets };
  const text = histogramText('late_seconds', 'How late.', [
    latenessSeries({ router: 'a"b' }, lateness),
  ]);
  const lines = text.split('\n');
  expect(lines.slice(0, 5)).toEqual([
    '# HELP late_seconds How late.',
    '# TYPE late_seconds histogram',
    'late_seconds_bucket{router="a\\"b",le="0.0001"} 5',
    'late_seconds_bucket{router="a\\"b",le="0.00025"} 5',
    'late_seconds_bucket{router="a\\"b",le="0.0005"} 7',
  ]);
  expect(lines.slice(-5)).toEqual([
    'late_seconds_bucket{router="a\\"b",le="1"} 7',
    'late_seconds_bucket{router="a\\"b",le="+Inf"} 8',
    'late_seconds_sum{router="a\\"b"} 2.5',
    'late_seconds_count{router="a\\"b"} 8',
    '',
  ]);
});

test('without series there is no metric', () => {
  expect(histogramText('late_seconds', 'How late.', [])).toBe('');
});
