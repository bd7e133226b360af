import { expect } from 'vitest';
import type { TestPlane } from '../data-plane.fixture.ts';

/**
 * Waits until nothing is in flight on the servers at these ports and no client connection is open;
 * then demands that nothing ended twice and that every connection accepted was closed.
 */
export async function settled(proxy: TestPlane, ports: readonly number[]): Promise<void> {
  const now = () => ({
    inFlight: ports.map((port) => proxy.server(port).inFlight),
    open: proxy.listener().open,
  });
  const none = { inFlight: ports.map(() => 0), open: 0 };
  await expect.poll(now, { timeout: 5000 }).toEqual(none);
  for (const port of ports) expect(proxy.server(port).unbalancedEnds).toBe(0);
  const { accepted, closed } = proxy.listener();
  expect(accepted).toBeGreaterThan(0);
  expect(closed).toBe(accepted);
}

/** The same for HTTP, and every request was answered or given up exactly once. */
export async function settledHttp(proxy: TestPlane, ports: readonly number[]): Promise<void> {
  await settled(proxy, ports);
  const { requests, ...counts } = proxy.listener();
  const { responses1xx, responses2xx, responses3xx, responses4xx, responses5xx } = counts;
  const answered = responses1xx + responses2xx + responses3xx + responses4xx + responses5xx;
  expect(requests).toBeGreaterThan(0);
  expect(answered).toBe(requests);
}
