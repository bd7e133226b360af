import { describe, expect, it } from 'vitest';
import { fitsTick } from './lease-pace.ts';

const pace = (intervalMs: number, multiplier = 3) => ({
  intervalMs,
  detectionMs: multiplier * intervalMs,
});

describe('a pace that the kernel can fence', () => {
  it('leaves room for all packets but one in the ticks that are certain', () => {
    // 30 ms are 7 ticks of 4 ms, of which 6 are certain: 24 ms, and two packets need 20.
    expect(fitsTick(pace(10), 4)).toBe(true);
    expect(fitsTick(pace(10), 10)).toBe(true);
    expect(fitsTick(pace(10, 2), 4)).toBe(true);
    expect(fitsTick(pace(3), 1)).toBe(true);
    expect(fitsTick(pace(6), 4)).toBe(true);
  });

  it('is not one that the tick is too coarse for', () => {
    // 9 ms are 2 ticks of 4 ms; 4 ms are certain, and two packets need 6.
    expect(fitsTick(pace(3), 4)).toBe(false);
    expect(fitsTick(pace(5), 4)).toBe(false);
    expect(fitsTick(pace(3), 10)).toBe(false);
    expect(fitsTick(pace(9), 10)).toBe(false);
  });
});
