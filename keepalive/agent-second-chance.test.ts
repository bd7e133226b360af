/** What a host passes on that holds addresses, or is still asked for them; of two whole agents. */
import { expect, it } from 'vitest';
import { AGREED_MICROS, READY } from './paired-agents.case.ts';
import { agentConfig, SimPair, VIRTUAL_ADDRESS } from './simulator/sim-pair.case.ts';

const [ms, s] = [1000, 1_000_000];

/** A pair whose preferred host, `a`, has just given the addresses to `b`, and drains. */
async function given(advertIntervalMs: number): Promise<SimPair> {
  const both = { drainTimeoutMs: 60_000, advertIntervalMs };
  const pair = new SimPair({ leased: true, paired: true, both });
  for (const host of [pair.a, pair.b]) {
    pair.startHost(host);
    host.setProxy(READY);
  }
  await pair.until(pair.a, 'Active', 5 * s);
  await pair.run(s);
  for (const host of [pair.a, pair.b]) host.handover.connections.set(VIRTUAL_ADDRESS, 5);
  const asked = pair.a.agent!.handover(null);
  await pair.run(AGREED_MICROS);
  expect(await asked).toMatchObject([{ outcome: 'given' }]);
  expect([...pair.b.handover.passesOn]).toEqual([[VIRTUAL_ADDRESS, '198.51.100.11']]);
  return pair;
}

it('addresses that a reload adds while the peer drains are passed on as soon as may be', async () => {
  const pair = await given(100);
  const more = [VIRTUAL_ADDRESS, '198.51.100.101'];
  const addresses = more.map((address) => ({ address, prefixLength: 24 }));
  const routers = pair.b.config.virtualRouters.map((router) => ({ ...router, addresses }));
  pair.b.handover.refused = true;
  void pair.b.agent!.reconfigure(agentConfig('b', routers));
  await pair.run(0);
  expect([...pair.b.handover.passesOn.keys()]).toEqual([VIRTUAL_ADDRESS]);
  pair.b.handover.refused = false;
  await pair.run(200 * ms);
  expect([...pair.b.handover.passesOn.keys()]).toEqual(more);
  pair.stop();
});

it('who gives the addresses back to a host that does not run passes on until it claims again', async () => {
  const pair = await given(1000);
  void pair.b.agent!.handover(null);
  while (pair.states()[1] === 'Active') await pair.run(10);
  pair.a.pause();
  // Longer than a resignation is expected: the wait for the new holder's advertisements is one of seconds.
  let waited = 0;
  for (; pair.states()[1] !== 'Active' && waited < 5 * s; waited += 50 * ms) {
    expect(pair.b.handover.passesOn.get(VIRTUAL_ADDRESS)).toBe('198.51.100.11');
    await pair.run(50 * ms);
  }
  expect(waited).toBeGreaterThan(2 * s);
  expect(pair.states()[1]).toBe('Active');
  expect(pair.b.handover.passesOn.get(VIRTUAL_ADDRESS)).toBe('198.51.100.11');
  pair.stop();
});
