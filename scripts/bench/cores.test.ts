import { expect, test } from 'vitest';
import { parseCpuList, pickCores, pickWorkerCores } from './cores.ts';

test('CPU lists hold numbers and ranges', () => {
  expect(parseCpuList('0-3,8,10-11\n')).toEqual([0, 1, 2, 3, 8, 10, 11]);
  expect(parseCpuList('5')).toEqual([5]);
  expect(parseCpuList('')).toEqual([]);
});

const alone = (core: number) => [core];

test('the proxy gets the first core allowed, the load the next', () => {
  expect(pickCores([2, 5, 7], alone)).toEqual({ proxy: 2, load: 5 });
});

test('the load does not run on the other hyperthread of the proxy if it can be helped', () => {
  const siblings = (core: number) => [core & ~1, core | 1];
  expect(pickCores([0, 1, 2, 3], siblings)).toEqual({ proxy: 0, load: 2 });
  expect(pickCores([0, 1], siblings)).toEqual({ proxy: 0, load: 1 });
});

test('one core is not enough', () => {
  expect(pickCores([0], alone)).toBeNull();
  expect(pickCores([], alone)).toBeNull();
});

test('workers have cores of their own, and the load all others', () => {
  const cores = { proxy: 0, load: 2 };
  expect(pickWorkerCores([0, 1, 2, 3], 1, cores)).toEqual({
    proxy: [0],
    load: [1, 3, 2],
    apart: true,
  });
  expect(pickWorkerCores([0, 1, 2, 3], 2, cores)).toEqual({
    proxy: [0, 1],
    load: [3, 2],
    apart: true,
  });
});

test('on two cores two workers and the load share both, one worker has its own', () => {
  const cores = { proxy: 0, load: 1 };
  expect(pickWorkerCores([0, 1], 1, cores)).toEqual({ proxy: [0], load: [1], apart: true });
  expect(pickWorkerCores([0, 1], 2, cores)).toEqual({ proxy: [0, 1], load: [0, 1], apart: false });
});
