import { describe, expect, it } from 'vitest';
import type { NetworkPort } from '../ports.ts';
import {
  agentConfig,
  keepingLogger,
  type LogLine,
  routerConfig,
} from '../simulator/sim-pair.case.ts';
import { type HeldByRouter, heldAtDeath, heldUnder, removeFormer } from './former.ts';

const address = (text: string) => ({ address: text, prefixLength: 24 });

function noted(changes: Partial<HeldByRouter> = {}): HeldByRouter {
  const addresses = [address('198.51.100.100'), address('198.51.100.101')];
  return { name: 'web', interface: 'eth0', family: 4, vrid: 51, addresses, ...changes };
}

const moved = agentConfig('a', [routerConfig({ addresses: [address('198.51.100.199')] })]);
const owned = agentConfig('a', [
  routerConfig({ priority: 255, addresses: [address('198.51.100.100')] }),
]);

describe('what an agent that was killed may have left', () => {
  it('is what the configuration says and what it has noted', () => {
    expect(heldAtDeath(moved, [noted()])).toEqual([...heldUnder(moved), noted()]);
  });

  it('is what it has noted where there is no configuration', () => {
    expect(heldAtDeath(null, [noted()])).toEqual([noted()]);
  });

  it('is not what an owner has by now: that is the host’s own', () => {
    const left = [noted({ addresses: [address('198.51.100.101')] })];
    expect(heldAtDeath(owned, [noted()])).toEqual(left);
  });
});

describe('at the next start', () => {
  const present = ['198.51.100.11', '198.51.100.100', '198.51.100.101', '198.51.100.199'];

  async function remove(former: readonly HeldByRouter[], config = moved, refused = '') {
    const removed: string[] = [];
    const logs: LogLine[] = [];
    const network = {
      link: (name: string) => (name === 'eth0' ? { name } : null),
      addresses: async () => present,
      removeAddress: async (device: string, one: { readonly address: string }) => {
        if (one.address === refused) throw new Error('no');
        removed.push(`${device} ${one.address}`);
      },
    } as unknown as NetworkPort;
    const stuck = await removeFormer(former, config, { network, log: keepingLogger(logs) });
    return { removed, stuck, errors: logs.filter(({ level }) => level === 'error').length };
  }

  it('what the configuration has no more is taken off, and nothing else', async () => {
    const others = [address('198.51.100.100'), address('198.51.100.199'), address('203.0.113.7')];
    const { removed, stuck } = await remove([
      noted({ addresses: others }),
      noted({ interface: 'gone' }),
    ]);
    expect(removed).toEqual(['eth0 198.51.100.100']);
    expect(stuck).toEqual([]);
  });

  it('an address that an owner has by now stays', async () => {
    const { removed } = await remove([noted()], owned);
    expect(removed).toEqual(['eth0 198.51.100.101']);
  });

  it('what cannot be removed is told, and comes back to be noted on', async () => {
    const { removed, stuck, errors } = await remove([noted()], moved, '198.51.100.100');
    expect(removed).toEqual(['eth0 198.51.100.101']);
    expect(stuck).toEqual([noted({ addresses: [address('198.51.100.100')] })]);
    expect(errors).toBe(1);
  });
});
