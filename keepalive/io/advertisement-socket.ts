import { OsError } from '../../src/os/errors.ts';
import { RawSocket } from '../../src/os/raw-socket.ts';
import { VRRP_PROTOCOL } from '../packet/checksum.ts';
import { multicastGroup } from '../packet/multicast-group.ts';
import type { AdvertisementSocket, Logger, ReceivedPacket } from '../ports.ts';
import type { InterfaceTable } from './interface-table.ts';

const EADDRNOTAVAIL = 99;

/** Where adverts of one interface and family come from and go to. */
export interface AdvertisementSocketOptions {
  readonly interface: string;
  readonly family: 4 | 6;
  onPacket(packet: ReceivedPacket): void;
}

/**
 * The kernel's form of an advertisement socket: protocol 112 on one interface, sent to and
 * received from VRRP's multicast group. The source address is looked up for each message, because
 * it may change while the socket is open. Throws OsError (ENODEV, EPERM).
 */
export function openAdvertisementSocket(
  options: AdvertisementSocketOptions,
  table: InterfaceTable,
  log: Logger,
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
  return {
    sourceAddress: () => table.sourceAddress(socket.interfaceIndex, family),
    send(message) {
      const source = table.sourceAddress(socket.interfaceIndex, family);
      if (source === null) {
        const missing = family === 4 ? 'IPv4 address' : 'usable link-local address';
        throw new OsError('sendmsg', EADDRNOTAVAIL, `${options.interface} has no ${missing}`);
      }
      socket.send(message, source, group);
    },
    readQueued: () => socket.readQueued(),
    close: () => socket.close(),
  };
}
