/** Two whole agents over a simulated LAN and side link, as tests of handovers begin with them. */
import { expect } from 'vitest';
import { restMicros } from './limits.ts';
import { SimPair, VIRTUAL_ADDRESS } from './simulator/sim-pair.case.ts';

const s = 1_000_000;
export const DRAIN_MS = 60_000;
/** A handover, its rest and a few messages there and back, µs: an agreed one is over. */
export const AGREED_MICROS = restMicros + 20_000;
export const READY = { alive: true, ready: true, reasons: [] };

/** `a` is Active, `b` its Backup, both balancers ready, and both have connections on the address. */
export async function pairOf(
  options: ConstructorParameters<typeof SimPair>[0] = {},
): Promise<SimPair> {
  const pair = new SimPair({
    leased: true,
    paired: true,
    ...options,
    both: { drainTimeoutMs: DRAIN_MS, ...options?.both },
  });
  for (const host of [pair.a, pair.b]) {
    pair.startHost(host);
    host.setProxy(READY);
  }
  await pair.run(2 * s);
  expect(pair.states()).toEqual(['Active', 'Backup']);
  for (const host of [pair.a, pair.b]) host.handover.connections.set(VIRTUAL_ADDRESS, 5);
  return pair;
}

/** An agent that stops in order would wait for its connections. */
export function end(pair: SimPair): void {
  pair.a.kill();
  pair.b.kill();
}

/** An operator's handover, and what came of it. */
export async function givenBy(pair: SimPair, node: 'a' | 'b') {
  const asked = pair[node].agent!.handover(null);
  await pair.run(AGREED_MICROS);
  return (await asked)[0]!;
}
