/** A better node whose link comes back: its balancer looks at the origins before it preempts. */
import { afterEach, describe, expect, it } from 'vitest';
import { type PairOptions, SimPair } from '../simulator/sim-pair.case.ts';

const second = 1_000_000;
const ready = { alive: true, ready: true, reasons: [] };
let pair: SimPair;

afterEach(() => pair.stop());

/** Host a was Active, its cable was out for a while, and is back; its balancer can be asked. */
async function healed(options: PairOptions = {}): Promise<void> {
  const track = { proxy: true, interfaces: [], scripts: [] };
  pair = new SimPair({ leased: true, ...options, both: { track, ...options.both } });
  pair.a.checksAsked = [];
  for (const host of [pair.a, pair.b]) {
    pair.startHost(host);
    host.setProxy(ready);
  }
  await pair.run(second);
  expect(pair.states()).toEqual(['Active', 'Backup']);
  expect(pair.a.checksAsked).toEqual([]);
  pair.a.setLink('down');
  await pair.run(2 * second);
  pair.a.setLink('up');
  await pair.run(second);
}

describe('after its link came back a better node', () => {
  it('takes the address when its balancer has checked the origins', async () => {
    await healed();
    expect(pair.a.checksAsked).toEqual([1]);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    expect(pair.router(pair.a).preempt.inMs).toBeGreaterThan(3000);
    pair.a.setProxy({ ...ready, round: 1 });
    expect(await pair.until(pair.a, 'Active', second)).toBeLessThan(100_000);
  });

  it('is not content with the answer to an older question', async () => {
    await healed();
    pair.a.setLink('down');
    await pair.run(second);
    pair.a.setLink('up');
    pair.a.setProxy({ ...ready, round: 1 });
    await pair.run(second);
    expect(pair.a.checksAsked).toEqual([1, 2]);
    expect(pair.states()).toEqual(['Backup', 'Active']);
  });

  it('waits five seconds for an answer at most', async () => {
    await healed();
    await pair.run(3 * second);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    await pair.run(second + second / 2);
    expect(pair.states()).toEqual(['Active', 'Backup']);
  });

  it('takes over at once from a node that is silent, or at fault', async () => {
    await healed();
    pair.b.lose();
    expect(await pair.until(pair.a, 'Active', second)).toBeLessThan(400_000);
    await pair.stop();
    await healed();
    pair.b.setProxy({ alive: false, ready: false, reasons: [] });
    expect(await pair.until(pair.a, 'Active', second)).toBeLessThan(100_000);
  });

  it('waits for nothing in strict mode, nor where the balancer does not count', async () => {
    await healed({ both: { strictRfc: true } });
    expect(pair.states()).toEqual(['Active', 'Backup']);
    await pair.stop();
    await healed({ both: { track: { proxy: false, interfaces: [], scripts: [] } } });
    expect(pair.states()).toEqual(['Active', 'Backup']);
  });
});
