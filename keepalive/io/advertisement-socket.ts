import type { PacketSocket } from '../../src/os/packet-socket.ts';
import { RawSocket } from '../../src/os/raw-socket.ts';
import { VRRP_PROTOCOL } from '../packet/checksum.ts';
import type { SourceChoice } from '../packet/delivery.ts';
import { multicastGroup } from '../packet/multicast-group.ts';
import { encodeAdvertisementFrame } from '../packet/virtual-mac.ts';
import type { AdvertisementSocket, Logger, ReceivedPacket } from '../ports.ts';
import type { InterfaceTable } from './interface-table.ts';

/** Where adverts of one interface and family come from and go to. */
export interface AdvertisementSocketOptions {
  readonly interface: string;
  readonly family: 4 | 6;
  onPacket(packet: ReceivedPacket): void;
}

/**
 * The kernel's form of an advertisement socket: protocol 112 on one interface, received from VRRP's
 * multicast group and from unicast peers alike. Throws OsError (ENODEV, EPERM).
 */
export function openAdvertisementSocket(
  options: AdvertisementSocketOptions,
  table: InterfaceTable,
  log: Logger,
  packets: () => PacketSocket,
): AdvertisementSocket {
  const { family } = options;
  const group = multicastGroup(family);
  const socket = new RawSocket({
    family,
    protocol: VRRP_PROTOCOL,
    interface: options.interface,
    group,
    onPacket: (packet) => options.onPacket(packet),
    onError: (error) =>
      log.warn({ interface: options.interface, family, code: error.code }, error.message),
  });
  const { interfaceIndex } = socket;
  const sourceAddress = ({ fixed, towards }: SourceChoice) => {
    if (fixed !== null) return table.ownAddress(interfaceIndex, fixed);
    return towards === null
      ? table.sourceAddress(interfaceIndex, family)
      : table.sourceTowards(interfaceIndex, towards);
  };
  return {
    sourceAddress,
    send(message, { source, destination, mac }) {
      if (mac === undefined) socket.send(message, source, destination);
      else packets().send(interfaceIndex, encodeAdvertisementFrame(mac, source, message));
    },
    readQueued: () => socket.readQueued(),
    close: () => socket.close(),
  };
}
