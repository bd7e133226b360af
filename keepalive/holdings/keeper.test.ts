import { expect, test } from 'vitest';
import { LogLimiter } from '../log-limiter.ts';
import type { Clock, Logger } from '../ports.ts';
import { type Belongings, Keeper } from './keeper.ts';

/** A keeper of one thing, `A`, and a kernel that is slow and counts who speaks to it at once. */
function scene(own: Partial<Belongings<string>> = {}) {
  const clock: Clock = { now: () => 0, timer: () => ({ cancel() {} }) };
  const warnings: string[] = [];
  const log = { warn: (_: object, text: string) => warnings.push(text) } as unknown as Logger;
  const kernel = new Set<string>();
  let atOnce = 0;
  const most = { atOnce: 0 };
  const call = async (act: () => void) => {
    atOnce += 1;
    most.atOnce = Math.max(most.atOnce, atOnce);
    await new Promise(setImmediate);
    act();
    atOnce -= 1;
  };
  const keeper: Keeper<string> = new Keeper<string>({
    belongings: {
      noun: 'addresses',
      router: 'web',
      interface: 'eth0',
      all: ['A'],
      keyOf: (item) => item,
      same: (one, other) => one === other,
      add: (item) => call(() => kernel.add(item)),
      remove: (item) => call(() => kernel.delete(item)),
      found: async () => {
        const found = new Set(kernel);
        await call(() => {});
        return found;
      },
      onMeddled: () => {},
      onErrors: () => {},
      ...own,
    },
    clock,
    log,
    limiter: new LogLimiter(clock),
    lifetimeSeconds: () => null,
    onHeld: () => {},
    onRepaired: () => {},
    onRefused: () => {},
    onRetired: () => {},
  });
  return { keeper, kernel, warnings, most };
}

test('news that an addition makes do not start a second worker, which would miss what is on its way', async () => {
  // As the device of a virtual MAC does, whose coming up is news.
  const { keeper, warnings, most } = scene({ enter: () => keeper.look() });
  keeper.hold();
  await keeper.settle();
  expect({ warnings, most, held: keeper.held }).toEqual({
    warnings: [],
    most: { atOnce: 1 },
    held: true,
  });
});

test('who settles does not leave behind what somebody added while the last repair was waited for', async () => {
  const { keeper, kernel } = scene();
  await keeper.sweep();
  // The second repair comes after a wait, which the keeper does not live to see the end of.
  for (let round = 0; round < 2; round++) {
    kernel.add('A');
    keeper.changed('A', 'added');
    await keeper.settle();
  }
  keeper.close();
  expect({ kernel: [...kernel], gone: keeper.gone }).toEqual({ kernel: [], gone: true });
});
