import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import {
  HOST_ADDRESSES,
  makeHosts,
  onHost,
  removeHosts,
  shOn,
} from '../../src/os/two-hosts.case.ts';
import { multicastGroup } from '../packet/multicast-group.ts';
import type { Logger, NetworkEvent, NetworkPort } from '../ports.ts';
import { openNetwork } from './network.ts';

/** The address that multicast adverts leave from. */
const GENERAL = { fixed: null, towards: null };
const VIP4 = { address: '198.51.100.100', prefixLength: 24 };
const VIP6 = { address: '2001:db8::100', prefixLength: 64 };

const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silent,
};

let network: NetworkPort;
let events: NetworkEvent[];
let wake: () => void;

beforeAll(makeHosts);
afterAll(removeHosts);
beforeEach(async () => {
  network = await onHost('left', () => openNetwork(silent));
  events = [];
  wake = () => {};
  network.subscribe((event) => {
    events.push(event);
    wake();
  });
});
afterEach(() => network.close());

async function event(matches: (event: NetworkEvent) => boolean): Promise<NetworkEvent> {
  for (;;) {
    const found = events.find(matches);
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

function shown(address: string): string {
  return shOn('left', `ip -o address show dev eth0 to ${address}`);
}

describe('links', () => {
  it('are known at once and followed', async () => {
    const mac = Uint8Array.from(Buffer.from(HOST_ADDRESSES.left.mac.replaceAll(':', ''), 'hex'));
    expect(network.link('eth0')).toMatchObject({ name: 'eth0', mac, running: true });
    expect(network.link('nosuch0')).toBeNull();
    shOn('right', 'ip link set eth0 down');
    await event((e) => e.type === 'link' && e.link?.running === false);
    expect(network.link('eth0')?.running).toBe(false);
    shOn('right', 'ip link set eth0 up');
    await event((e) => e.type === 'link' && e.link?.running === true);
    shOn('left', 'ip link add late0 type veth peer name late1');
    await event((e) => e.type === 'link' && e.interface === 'late0');
    shOn('left', 'ip link delete late0');
    await event((e) => e.type === 'link' && e.interface === 'late0' && e.link === null);
    expect(network.link('late0')).toBeNull();
  });
});

describe.each([VIP4, VIP6])('virtual address $address', (vip) => {
  it('comes and goes, and both are told', async () => {
    await network.addAddress('eth0', vip);
    await network.addAddress('eth0', vip);
    expect(await network.addresses('eth0')).toContain(vip.address);
    expect(shown(vip.address)).toContain(`${vip.address}/${vip.prefixLength}`);
    await event((e) => e.type === 'address-added' && e.address === vip.address);
    await network.removeAddress('eth0', vip);
    await network.removeAddress('eth0', vip);
    expect(shown(vip.address)).toBe('');
    await event((e) => e.type === 'address-removed' && e.address === vip.address);
  });

  it('taken off by somebody else is told and can be put back', async () => {
    await network.addAddress('eth0', vip);
    shOn('left', `ip address del ${vip.address}/${vip.prefixLength} dev eth0`);
    await event((e) => e.type === 'address-removed' && e.address === vip.address);
    await network.addAddress('eth0', vip);
    expect(shown(vip.address)).toContain(vip.address);
    await network.removeAddress('eth0', vip);
  });

  it('is never a source of adverts', async () => {
    const family = vip === VIP4 ? 4 : 6;
    const socket = onHost('left', () =>
      network.openAdvertisementSocket({ interface: 'eth0', family, onPacket() {} }),
    );
    const before = formatIp(socket.sourceAddress(GENERAL)!);
    await network.addAddress('eth0', vip);
    await event((e) => e.type === 'address-added' && e.address === vip.address);
    expect(formatIp(socket.sourceAddress(GENERAL)!)).toBe(before);
    await network.removeAddress('eth0', vip);
    socket.close();
  });

  it('is announced: the neighbour changes its mind', async () => {
    const address = vip.address;
    shOn('right', `ip neigh replace ${address} lladdr 02:00:00:00:00:99 dev eth0 nud stale`);
    // More than once, as the agent does: a host whose link has just come up may miss the first.
    const neighbour = () => {
      onHost('left', () => network.announce('eth0', vip));
      return shOn('right', `ip neigh show ${address} dev eth0`);
    };
    await expect.poll(neighbour, { timeout: 5_000 }).toContain(HOST_ADDRESSES.left.mac);
    shOn('right', `ip neigh del ${address} dev eth0`);
  });
});

describe('the wire', () => {
  it('carries announcements that tshark finds no fault with', async () => {
    const fields = [
      'arp.isannouncement',
      'icmpv6.nd.na.flag.r',
      'icmpv6.nd.na.flag.s',
      'icmpv6.nd.na.flag.o',
      'icmpv6.checksum.status',
      'icmpv6.opt.linkaddr',
      'ipv6.hlim',
    ];
    const filter = 'arp or (icmp6 and ip6[40] == 136)';
    const tshark = onHost('right', () =>
      spawn('tshark', [
        '-n',
        '-l',
        '-i',
        'eth0',
        '-f',
        filter,
        '-T',
        'fields',
        '-E',
        'separator=,',
        ...fields.flatMap((field) => ['-e', field]),
      ]),
    );
    const seen = new Set<string>();
    const ARP = '1,,,,,,';
    const NA = `,1,0,1,1,${HOST_ADDRESSES.left.mac},255`;
    const sender = setInterval(() => {
      onHost('left', () => network.announce('eth0', VIP4));
      onHost('left', () => network.announce('eth0', VIP6));
    }, 20);
    tshark.stdout.on('data', (data) => {
      for (const line of String(data).trim().split('\n')) seen.add(line);
    });
    await expect.poll(() => [...seen].sort(), { timeout: 10_000 }).toEqual([NA, ARP]);
    clearInterval(sender);
    tshark.kill();
    await once(tshark, 'close');
  });

  it('carries adverts between two networks', async () => {
    const right = await onHost('right', () => openNetwork(silent));
    const received = new Promise<string>((resolve) => {
      onHost('right', () =>
        right.openAdvertisementSocket({
          interface: 'eth0',
          family: 4,
          onPacket: ({ message, source, destination, hopLimit }) =>
            resolve(
              `${Buffer.from(message)} ${formatIp(source)} ${formatIp(destination)} ${hopLimit}`,
            ),
        }),
      );
    });
    const socket = onHost('left', () =>
      network.openAdvertisementSocket({ interface: 'eth0', family: 4, onPacket() {} }),
    );
    socket.send(new TextEncoder().encode('advert'), {
      source: parseIp(HOST_ADDRESSES.left.v4)!,
      destination: multicastGroup(4),
    });
    expect(await received).toBe('advert 198.51.100.1 224.0.0.18 255');
    socket.close();
    right.close();
  });
});

describe('what cannot be done', () => {
  it('is said with the interface and the address', async () => {
    const failure = (promise: Promise<void>) =>
      promise.then(
        () => 'done',
        (e: Error) => e.message,
      );
    expect(await failure(network.addAddress('nosuch0', VIP4))).toBe(
      'RTM_NEWADDR(nosuch0): ENODEV, no such device',
    );
    expect(() => network.announce('nosuch0', VIP4)).toThrow('ENODEV');
    shOn('left', 'sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1');
    expect(await failure(network.addAddress('eth0', VIP6))).toBe(
      'RTM_NEWADDR(eth0, 2001:db8::100/64): EACCES, permission denied',
    );
    const socket = onHost('left', () =>
      network.openAdvertisementSocket({ interface: 'eth0', family: 6, onPacket() {} }),
    );
    await event((e) => e.type === 'address-removed' && e.address.startsWith('fe80'));
    expect(socket.sourceAddress(GENERAL)).toBeNull();
    socket.close();
    shOn('left', 'sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0');
    await event((e) => e.type === 'address-added' && e.address.startsWith('fe80'));
  });
});

it('looks again in full after losing events', async () => {
  // The loop stands still while more happens than the event socket can hold.
  const many =
    'for i in $(seq 1 250); do for j in $(seq 1 60); do ' +
    'echo "address add 10.0.$i.$j/32 dev lo"; echo "address del 10.0.$i.$j/32 dev lo"; done; done';
  shOn('left', `(${many}; echo "address add 203.0.113.77/32 dev eth0") | ip -b -`);
  await event((e) => e.type === 'resync');
  expect(await network.addresses('eth0')).toContain('203.0.113.77');
  shOn('left', 'ip address del 203.0.113.77/32 dev eth0');
  await event((e) => e.type === 'address-removed' && e.address === '203.0.113.77');
});

it('leaks no descriptor', async () => {
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const cycle = async () => {
    const other = await onHost('left', () => openNetwork(silent));
    onHost('left', () => {
      const socket = other.openAdvertisementSocket({ interface: 'eth0', family: 6, onPacket() {} });
      other.announce('eth0', VIP4);
      socket.close();
    });
    other.close();
  };
  await cycle();
  const before = descriptors();
  for (let i = 0; i < 10; i++) await cycle();
  expect(descriptors()).toBe(before);
});
