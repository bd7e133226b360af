import { afterEach, describe, expect, it } from 'vitest';
import { SimPair } from './simulator/sim-pair.case.ts';

const ms = 1000;

describe('two agents on one LAN', () => {
  let pair: SimPair;
  afterEach(() => pair.stop());

  it('elect the higher priority, which alone holds the address and announces it', async () => {
    pair = new SimPair();
    await pair.start();
    await pair.run(500 * ms);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.holders()).toEqual(['a']);
    expect(pair.announcements.length).toBeGreaterThanOrEqual(2);
    expect(new Set(pair.announcements)).toEqual(new Set(['a']));
  });
});
