import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from './monotonic.ts';

/**
 * Asks again every `everyMs` until the answer is true, for what no event announces. Rejects after
 * `timeoutMs` with an Error that says what did not happen.
 */
export async function waitUntil(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 20,
): Promise<void> {
  const deadline = monotonicMs() + timeoutMs;
  while (!(await condition())) {
    if (monotonicMs() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await delay(everyMs);
  }
}
