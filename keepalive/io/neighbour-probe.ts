import { ArpSocket } from '../../src/os/arp-socket.ts';
import { OsError } from '../../src/os/errors.ts';
import { formatIp } from '../../src/os/ip-address.ts';
import { RawSocket } from '../../src/os/raw-socket.ts';
import { decodeArpReply, encodeArpRequest } from '../packet/arp-probe.ts';
import {
  decodeAdvertisement,
  encodeSolicitation,
  NEIGHBOUR_ADVERTISEMENT,
  solicitedNode,
} from '../packet/neighbour-solicitation.ts';
import type { LinkState, Logger, NeighbourProbe, NeighbourProbeOptions } from '../ports.ts';
import type { InterfaceTable } from './interface-table.ts';

const ENODEV = 19;
const EADDRNOTAVAIL = 99;
const ICMPV6 = 58;
const MAC_BYTES = 6;
/** The raw socket joins a group; every host is in this one anyway. Answers come to us alone. */
const ALL_NODES = Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** Where a question is asked from. */
interface Asker {
  readonly mac: Uint8Array;
  readonly ip: Uint8Array;
}

/**
 * The kernel's form of a neighbour probe: ARP for IPv4, neighbour solicitations for IPv6. The sender
 * is looked up for each question, as it may change: never a virtual address, even one that another
 * program has put there, for a question repoints whoever hears it. Throws OsError.
 */
export function openNeighbourProbe(
  options: NeighbourProbeOptions,
  table: InterfaceTable,
  log: Logger,
): NeighbourProbe {
  const { interface: name, target } = options;
  const link = table.link(name);
  if (link === null) throw new OsError('socket', ENODEV, name);
  const asker = () => askerFor(options, link, table);
  const onError = (error: OsError) =>
    log.debug({ interface: name, code: error.code }, error.message);
  return target.length === 4
    ? openArp(options, link, asker, onError)
    : openSolicitations(options, asker, onError);
}

function openArp(
  { interface: name, target, onAnswer }: NeighbourProbeOptions,
  link: LinkState,
  asker: () => Asker,
  onError: (error: OsError) => void,
): NeighbourProbe {
  let asked: Asker | null = null;
  const socket = new ArpSocket({
    interface: name,
    interfaceIndex: link.index,
    onError,
    onReply: (frame) => {
      const from = asked === null ? null : decodeArpReply(frame, asked.ip);
      if (from !== null && Buffer.compare(from, target) === 0) onAnswer();
    },
  });
  return {
    ask() {
      asked = asker();
      socket.send(encodeArpRequest(asked, target));
    },
    readQueued: () => socket.readQueued(),
    close: () => socket.close(),
  };
}

function openSolicitations(
  { interface: name, target, onAnswer }: NeighbourProbeOptions,
  asker: () => Asker,
  onError: (error: OsError) => void,
): NeighbourProbe {
  const socket = new RawSocket({
    family: 6,
    protocol: ICMPV6,
    interface: name,
    group: ALL_NODES,
    icmpTypes: [NEIGHBOUR_ADVERTISEMENT],
    onError,
    onPacket: ({ message, hopLimit }) => {
      const about = decodeAdvertisement(message, hopLimit);
      if (about !== null && Buffer.compare(about, target) === 0) onAnswer();
    },
  });
  return {
    ask() {
      const { mac, ip } = asker();
      socket.send(encodeSolicitation(mac, target), ip, solicitedNode(target));
    },
    readQueued: () => socket.readQueued(),
    close: () => socket.close(),
  };
}

/** Who asks for `target`: this host, by an address of its own towards it. Throws OsError without. */
export function askerFor(
  { interface: name, target, never }: Omit<NeighbourProbeOptions, 'onAnswer'>,
  { index, mac }: LinkState,
  table: InterfaceTable,
): Asker {
  const family = target.length === 4 ? 4 : 6;
  // A neighbour is asked from any address, in its network or not.
  const ip = table.sourceTowards(index, target) ?? table.sourceAddress(index, family);
  if (ip === null || never.includes(formatIp(ip))) {
    throw new OsError('sendto', EADDRNOTAVAIL, `${name} has no IPv${family} address of its own`);
  }
  if (mac.length !== MAC_BYTES) {
    throw new OsError('sendto', EADDRNOTAVAIL, `${name} has no Ethernet address`);
  }
  return { mac, ip };
}
