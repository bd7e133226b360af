import { expect, test } from 'vitest';
import { LogLimiter } from '../log-limiter.ts';
import type { Clock, Logger } from '../ports.ts';
import { Keeper } from './keeper.ts';

test('news that an addition makes do not start a second worker, which would miss what is on its way', async () => {
  const clock: Clock = { now: () => 0, timer: () => ({ cancel() {} }) };
  const warnings: string[] = [];
  const log = { warn: (_: object, text: string) => warnings.push(text) } as unknown as Logger;
  const kernel = new Set<string>();
  let atOnce = 0;
  let most = 0;
  const call = async (act: () => void) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
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
      // As the device of a virtual MAC does, whose coming up is news.
      enter: () => keeper.look(),
      add: (item) => call(() => kernel.add(item)),
      remove: (item) => call(() => kernel.delete(item)),
      found: async () => {
        const found = new Set(kernel);
        await call(() => {});
        return found;
      },
      onMeddled: () => {},
      onErrors: () => {},
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
  keeper.hold();
  await keeper.settle();
  expect({ warnings, most, held: keeper.held }).toEqual({ warnings: [], most: 1, held: true });
});
