import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import {
  HOST_ADDRESSES,
  makeHosts,
  onHost,
  removeHosts,
  shOn,
} from '../../src/os/two-hosts.case.ts';
import type { Logger, NeighbourProbe, NetworkPort } from '../ports.ts';
import { openNetwork } from './network.ts';

const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silent,
};
const VIRTUAL = { 4: '198.51.100.100', 6: 'fe80::100' } as const;
const RIGHT_LINK_LOCAL = 'fe80::ff:fe00:2';
/** Nobody has them. */
const NOBODY = { '198.51.100.2': '198.51.100.99', [RIGHT_LINK_LOCAL]: 'fe80::99' } as const;

let network: NetworkPort;
let probes: NeighbourProbe[];

beforeAll(makeHosts);
afterAll(removeHosts);
beforeEach(async () => {
  network = await onHost('left', () => openNetwork(silent));
  probes = [];
});
afterEach(() => {
  for (const probe of probes) probe.close();
  network.close();
});

/** A probe from the left host, and its next answer. */
function probe(target: string) {
  let heard: () => void;
  let answered = false;
  const answer = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const opened = onHost('left', () =>
    network.openNeighbourProbe!({
      interface: 'eth0',
      target: parseIp(target)!,
      never: Object.values(VIRTUAL),
      onAnswer: () => {
        answered = true;
        heard();
      },
    }),
  );
  probes.push(opened);
  return { ask: () => opened.ask(), answer, answered: () => answered };
}

describe.each([HOST_ADDRESSES.right.v4, RIGHT_LINK_LOCAL] as const)(
  'a neighbour at %s',
  (target) => {
    it('answers, although it drops pings', async () => {
      shOn(
        'right',
        `nft add table inet t
       nft add chain inet t c '{ type filter hook input priority 0; }'
       nft add rule inet t c icmp type echo-request drop
       nft add rule inet t c icmpv6 type echo-request drop`,
      );
      try {
        const there = probe(target);
        there.ask();
        await there.answer;
      } finally {
        shOn('right', 'nft delete table inet t');
      }
    });

    it('that is not there does not, whoever else answers meanwhile', async () => {
      const nobody = probe(NOBODY[target]);
      const there = probe(target);
      nobody.ask();
      there.ask();
      await there.answer;
      expect(nobody.answered()).toBe(false);
    });

    it('is never asked in the name of a virtual address', async () => {
      const family = target.includes(':') ? 6 : 4;
      const own = family === 4 ? '198.51.100.1/24' : 'fe80::ff:fe00:1/64';
      const there = probe(target);
      const prefixLength = family === 4 ? 24 : 64;
      const vip = { address: VIRTUAL[family], prefixLength };
      const change = async (script: string, type: string, address: string) => {
        const told = new Promise<void>((resolve) => {
          network.subscribe((event) => {
            if (event.type === type && 'address' in event && event.address === address) resolve();
          });
        });
        shOn('left', script);
        await told;
      };
      const [address = ''] = own.split('/');
      try {
        await change(`ip address delete ${own} dev eth0`, 'address-removed', address);
        // One of ours, and one that somebody else put there.
        await network.addAddress('eth0', vip);
        expect(there.ask).toThrow(/of its own\): EADDRNOTAVAIL/);
        await network.removeAddress('eth0', vip);
        const nodad = family === 6 ? 'nodad' : '';
        const text = `${vip.address}/${prefixLength}`;
        await change(`ip address add ${text} dev eth0 ${nodad}`, 'address-added', vip.address);
        expect(there.ask).toThrow(/of its own\): EADDRNOTAVAIL/);
        shOn('left', `ip address delete ${text} dev eth0`);
      } finally {
        const nodad = family === 6 ? 'nodad' : '';
        await change(`ip address add ${own} dev eth0 ${nodad}`, 'address-added', address);
      }
      there.ask();
      await there.answer;
      const known = shOn('right', `ip neighbour show ${VIRTUAL[family]} dev eth0`);
      expect(known).not.toContain(HOST_ADDRESSES.left.mac);
    });
  },
);

it('an interface that does not exist cannot be asked on', () => {
  const ask = () =>
    network.openNeighbourProbe!({
      interface: 'nosuch0',
      target: parseIp('198.51.100.2')!,
      never: [],
      onAnswer: () => {},
    });
  expect(ask).toThrow(/ENODEV/);
});
