import { expect, it } from 'vitest';
import { kernelTickMs } from './kernel-tick.ts';

it('is one of the ticks that kernels are built with', () => {
  expect([1, 10 / 3, 4, 10]).toContainEqual(expect.closeTo(kernelTickMs(), 2));
});
