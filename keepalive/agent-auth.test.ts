import { afterEach, describe, expect, it } from 'vitest';
import type { HmacAuthConfig } from '../src/config/agent-config.ts';
import { type PairOptions, SimPair } from './simulator/sim-pair.case.ts';

const ms = 1000;

function hmac(fill: number, more: Partial<HmacAuthConfig> = {}): HmacAuthConfig {
  const keys = [{ id: 1, secret: new Uint8Array(32).fill(fill) }];
  return { type: 'hmac', mode: 'enforce', activeKey: 1, keys, ...more };
}

let pair: SimPair;
afterEach(() => pair.stop());

async function settled(options: PairOptions): Promise<SimPair> {
  pair = await new SimPair(options).elected();
  await pair.run(2_000 * ms);
  return pair;
}

describe('two agents with HMAC', () => {
  it('and one key elect as ever, and refuse nothing', async () => {
    await settled({ both: { auth: hmac(7) } });
    expect(pair.states()).toEqual(['Active', 'Backup']);
    const { statistics } = pair.router(pair.b);
    expect(statistics).toMatchObject({ hmacMissing: 0, hmacInvalid: 0, hmacUnknownKeys: 0 });
    // This LAN lets packets overtake each other; the one that comes second is then old.
    expect(statistics.hmacReplayed).toBeLessThan(3);
    expect(statistics.advertisementsReceived).toBeGreaterThan(10);
  });

  it('and different active keys that both know elect as ever', async () => {
    const keys = [...hmac(7).keys, { id: 2, secret: new Uint8Array(64).fill(9) }];
    await settled({ a: { auth: hmac(7, { keys }) }, b: { auth: hmac(7, { keys, activeKey: 2 }) } });
    expect(pair.states()).toEqual(['Active', 'Backup']);
  });

  it('and keys that differ do not hear each other, and say so', async () => {
    await settled({ a: { auth: hmac(7) }, b: { auth: hmac(8) } });
    expect(pair.states()).toEqual(['Active', 'Active']);
    expect(pair.router(pair.b).statistics.hmacInvalid).toBeGreaterThan(10);
    expect(pair.logged(/with a wrong HMAC .* for web: discarded/).length).toBeGreaterThan(0);
  });

  it('of which one is permissive believes the one that does not sign, and counts it', async () => {
    await settled({ b: { auth: hmac(7, { mode: 'permissive' }) } });
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.router(pair.b).statistics.hmacMissing).toBeGreaterThan(10);
    expect(pair.logged(/with no HMAC for web: believed/).length).toBeGreaterThan(0);
  });

  it('of which one enforces does not believe the one that does not sign', async () => {
    await settled({ b: { auth: hmac(7) } });
    expect(pair.states()).toEqual(['Active', 'Active']);
    expect(pair.router(pair.b).statistics.hmacMissing).toBeGreaterThan(10);
  });

  const second = { id: 2, secret: new Uint8Array(64).fill(9) };
  const both = [...hmac(7).keys, second];
  const permissive = hmac(7, { mode: 'permissive' });
  it.each<[string, readonly HmacAuthConfig[]]>([
    ['are given keys', [permissive, hmac(7)]],
    [
      'change their key',
      [
        hmac(7),
        hmac(7, { keys: both }),
        hmac(7, { keys: both, activeKey: 2 }),
        hmac(7, { keys: [second], activeKey: 2 }),
      ],
    ],
  ])('%s step by step, one host after the other, and nothing moves', async (_what, steps) => {
    const [first] = steps;
    const auth = first === permissive ? {} : { both: { auth: first! } };
    await settled({ ...auth, synchronous: true });
    const before = pair.transitions.length;
    for (const step of steps) {
      for (const { agent, config } of [pair.b, pair.a]) {
        const [router] = config.virtualRouters;
        const done = agent!.reconfigure({
          ...config,
          virtualRouters: [{ ...router!, auth: step }],
        });
        await pair.run(1_000 * ms);
        await done;
        expect(pair.states()).toEqual(['Active', 'Backup']);
      }
    }
    expect(pair.transitions).toHaveLength(before);
    const { hmacInvalid, hmacUnknownKeys } = pair.router(pair.b).statistics;
    expect({ hmacInvalid, hmacUnknownKeys }).toEqual({ hmacInvalid: 0, hmacUnknownKeys: 0 });
  });
});
