/**
 * A little agent for the lease's tests: the real network and the real lease, and adverts on a
 * timer. A process of its own, so that it can be frozen and killed. It does what its parent says
 * over IPC and answers each order when it is done.
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { OsError } from '../../src/os/errors.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import { multicastGroup } from '../packet/multicast-group.ts';
import type { Logger, NetworkPort } from '../ports.ts';
import { openLeases } from './lease.ts';
import { openNetwork } from './network.ts';
import { systemClock } from './system-clock.ts';

export const HOLDER = {
  runtimeDir: '/run/tandem',
  interface: 'eth0',
  vrid: 51,
  advertIntervalMs: 10,
  /** Thirty adverts, so that a busy machine that stalls for a moment does not decide the tests. */
  durationMs: 300,
  4: { address: '198.51.100.100', prefixLength: 24 },
  6: { address: '2001:db8::100', prefixLength: 64 },
} as const;

/** BFD of the holder: five packets may be missed, each several ticks after the other. */
export const HOLDER_BFD = {
  intervalMs: 20,
  detectionMs: 100,
  peer: { 4: '198.51.100.2', 6: 'fe80::ff:fe00:2' },
} as const;

/** Where `speak` sends to, and where datagrams for the address are counted. */
export const PORT = 4000;

/**
 * `hold` claims; `resign` sends an advert of priority 0 and no further one; `speak` announces the
 * address and sends a datagram from it; `sent` and `heard` are counts of adverts and datagrams.
 * `watch` lets BFD count, `unwatch` no longer; `bfd-up`, `bfd-init` and `bfd-off` say what packets
 * leave.
 */
export type Order =
  | 'hold'
  | 'arm'
  | 'end'
  | 'armed'
  | 'resign'
  | 'speak'
  | 'sent'
  | 'heard'
  | 'lost'
  | 'watch'
  | 'unwatch'
  | 'bfd-up'
  | 'bfd-init'
  | 'bfd-off'
  | 'release';

/** Messages of VRRPv3 with a zero checksum: the rules do not look at it. */
function advert(family: 4 | 6, priority: number): Uint8Array {
  const message = new Uint8Array(family === 4 ? 12 : 24);
  message.set([0x31, HOLDER.vrid, priority, 1, 0, HOLDER.advertIntervalMs / 10]);
  return message;
}

/** A control packet as far as the rules look at it. */
function bfdPacket(state: 'Init' | 'Up'): Uint8Array {
  const packet = new Uint8Array(24);
  packet.set([0x20, state === 'Up' ? 0xc0 : 0x80, 3, 24]);
  return packet;
}

/** Begins to send BFD packets; the result sets what they say, and null ends them. */
function saying(network: NetworkPort, family: 4 | 6): (what: 'Init' | 'Up' | null) => void {
  const socket = network.openBfdSocket({
    interface: HOLDER.interface,
    peer: parseIp(HOLDER_BFD.peer[family])!,
    onPacket() {},
  });
  let state: 'Init' | 'Up' | null = null;
  const tick = () => {
    if (state !== null) socket.send(bfdPacket(state));
    systemClock.timer(systemClock.now() + HOLDER_BFD.intervalMs * 1000, tick);
  };
  tick();
  return (what) => {
    state = what;
  };
}

/** ENOBUFS is how IPv6 and packet sockets tell that the rules dropped it; IPv4 says nothing. */
function unlessHeldBack(send: () => void): void {
  try {
    send();
  } catch (error) {
    if (!(error instanceof OsError) || error.code !== 'ENOBUFS') throw error;
  }
}

async function main(family: 4 | 6): Promise<void> {
  const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
  const network = await openNetwork(log);
  const leases = openLeases(log, HOLDER.runtimeDir);
  const lost: string[] = [];
  const lease = leases.open({
    ...HOLDER,
    family,
    addresses: [HOLDER[family]],
    bfdPeer: HOLDER_BFD.peer[family],
    onLost: (cause) => lost.push(cause),
  });
  const socket = network.openAdvertisementSocket({
    interface: HOLDER.interface,
    family,
    onPacket() {},
  });
  const says = saying(network, family);
  const datagrams = createSocket(family === 4 ? 'udp4' : 'udp6');
  let heard = 0;
  datagrams.on('message', () => heard++);
  let sent = 0;
  let resigned = false;
  const send = (priority: number) => {
    sent++;
    const source = socket.sourceAddress({ fixed: null, towards: null });
    if (source === null) throw new Error('no address to send from');
    const destination = multicastGroup(family);
    unlessHeldBack(() => socket.send(advert(family, priority), { source, destination }));
  };
  const tick = () => {
    if (!resigned) send(200);
    systemClock.timer(systemClock.now() + HOLDER.advertIntervalMs * 1000, tick);
  };
  const orders: Readonly<Record<Order, () => unknown>> = {
    async hold() {
      lease.arm();
      tick();
      await network.addAddress(HOLDER.interface, HOLDER[family]);
      datagrams.bind(PORT, HOLDER[family].address);
      await once(datagrams, 'listening');
    },
    arm: () => lease.arm(),
    end: () => lease.end(),
    armed: () => lease.isArmed(),
    resign() {
      resigned = true;
      send(0);
    },
    async speak() {
      unlessHeldBack(() => network.announce(HOLDER.interface, HOLDER[family]));
      const to = family === 4 ? '198.51.100.2' : '2001:db8::2';
      await new Promise((done) => datagrams.send('from the address', PORT, to, done));
    },
    sent: () => sent,
    heard: () => heard,
    lost: () => lost,
    watch: () => lease.watch(HOLDER_BFD),
    unwatch: () => lease.watch(null),
    'bfd-up': () => says('Up'),
    'bfd-init': () => says('Init'),
    'bfd-off': () => says(null),
    async release() {
      await network.removeAddress(HOLDER.interface, HOLDER[family]);
      leases.close();
      network.close();
      process.disconnect?.();
      process.exit();
    },
  };
  process.on('message', async (order: Order) => {
    const answer = await orders[order]();
    process.send?.(answer ?? null);
  });
  process.send?.('ready');
}

if (import.meta.main) await main(process.argv[2] === '6' ? 6 : 4);
