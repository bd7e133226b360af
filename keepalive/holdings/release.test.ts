import { expect, it } from 'vitest';
import { OsError } from '../../src/os/errors.ts';
import type { LeasePort, NetworkPort } from '../ports.ts';
import {
  agentConfig,
  keepingLogger,
  type LogLine,
  routerConfig,
} from '../simulator/sim-pair.case.ts';
import { heldUnder } from './former.ts';
import { releaseAddresses } from './release.ts';

const two = [
  { address: '198.51.100.100', prefixLength: 24 },
  { address: '198.51.100.101', prefixLength: 24 },
];

function setUp(refused: string | null) {
  const removed: string[] = [];
  const unused = () => {
    throw new Error('not for release');
  };
  const network: NetworkPort = {
    openAdvertisementSocket: unused,
    openBfdSocket: unused,
    link: (name) =>
      name === 'gone' ? null : { name, index: 2, mac: new Uint8Array(6), running: true },
    addresses: unused,
    addAddress: unused,
    removeAddress: async (_name, { address }) => {
      if (address === refused) throw new OsError('netlink', 1, address);
      removed.push(address);
    },
    announce: unused,
    subscribe: unused,
    close: unused,
  };
  const logs: LogLine[] = [];
  return { network, removed, logs, log: keepingLogger(logs) };
}

it('removes every address, whatever happens to the others, but not an owner’s', async () => {
  const { network, removed, logs, log } = setUp('198.51.100.100');
  const config = agentConfig('a', [
    routerConfig({ addresses: two }),
    routerConfig({
      name: 'owner',
      priority: 255,
      addresses: [{ address: '203.0.113.1', prefixLength: 24 }],
    }),
    routerConfig({ name: 'gone', interface: 'gone' }),
  ]);
  await releaseAddresses(heldUnder(config), network, log);
  expect(removed).toEqual(['198.51.100.101']);
  expect(logs.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
    'cannot remove 198.51.100.100',
  ]);
});

it('removes the leases after the addresses, except where an address is stuck', async () => {
  const { network, removed, log } = setUp('203.0.113.1');
  const order: string[][] = [];
  const kept: number[] = [];
  const leases: LeasePort = {
    open: () => {
      throw new Error('not for release');
    },
    runs: () => false,
    sweep: (keep) => {
      order.push([...removed]);
      kept.push(...keep.map(({ vrid }) => vrid));
    },
    close: () => {},
  };
  await releaseAddresses(
    heldUnder(
      agentConfig('a', [
        routerConfig({ addresses: two }),
        routerConfig({
          name: 'stuck',
          vrid: 52,
          addresses: [{ address: '203.0.113.1', prefixLength: 24 }],
        }),
      ]),
    ),
    network,
    log,
    leases,
  );
  expect(order).toEqual([['198.51.100.100', '198.51.100.101']]);
  expect(kept).toEqual([52]);
});

it('does without leases where the kernel has none', async () => {
  const { network, removed, log } = setUp(null);
  const leases: LeasePort = {
    open: () => {
      throw new Error('no nftables');
    },
    runs: () => {
      throw new Error('no nftables');
    },
    sweep: () => {
      throw new Error('no nftables');
    },
    close: () => {},
  };
  await releaseAddresses(heldUnder(agentConfig('a', [routerConfig()])), network, log, leases);
  expect(removed).toEqual(['198.51.100.100']);
});

it('leaves the addresses where they are while the dead agent’s lease runs', async () => {
  const { network, removed, log } = setUp(null);
  let looks = 0;
  const held: number[] = [];
  const leases: LeasePort = {
    open: () => {
      throw new Error('not for release');
    },
    runs: ({ vrid }) => {
      held.push(removed.length);
      return vrid === 51 && ++looks < 3;
    },
    sweep: () => {},
    close: () => {},
  };
  await releaseAddresses(
    heldUnder(agentConfig('a', [routerConfig({ addresses: two })])),
    network,
    log,
    leases,
  );
  expect(held).toEqual([0, 0, 0]);
  expect(removed).toHaveLength(2);
});
