import { ETHERTYPE_ARP } from '../../src/os/arp-socket.ts';
import { OsError } from '../../src/os/errors.ts';
import { FrameSocket } from '../../src/os/frame-socket.ts';
import { formatIp } from '../../src/os/ip-address.ts';
import {
  type AddressClaim,
  decodeArpClaim,
  decodeNaClaim,
  encodeSolicitationFrame,
} from '../packet/address-claim.ts';
import { encodeArpRequest } from '../packet/arp-probe.ts';
import type { ClaimWatch, ClaimWatchOptions, LinkState, Logger } from '../ports.ts';
import { arpClaimFilter, naClaimFilter } from './claim-filter.ts';
import type { InterfaceTable } from './interface-table.ts';
import { askerFor } from './neighbour-probe.ts';

const ENODEV = 19;
const ETHERTYPE_IPV6 = 0x86dd;

/**
 * Listens for whoever claims one of the addresses, on the kernel: ARP for the IPv4 ones, neighbour
 * advertisements for the IPv6 ones. What this host says itself, on whichever interface, is left out:
 * two of its cards on one LAN both answer. Throws OsError.
 */
export function openClaimWatch(
  options: ClaimWatchOptions,
  table: InterfaceTable,
  log: Logger,
): ClaimWatch {
  const link = table.link(options.interface);
  if (link === null) throw new OsError('socket', ENODEV, options.interface);
  const wanted = new Set(options.addresses.map(formatIp));
  const onClaim = (claim: AddressClaim | null) => {
    if (claim === null || table.hasMac(claim.mac) || !wanted.has(formatIp(claim.ip))) return;
    options.onClaim(claim.mac, claim.ip);
  };
  const sockets = new Map<4 | 6, FrameSocket>();
  const close = () => {
    for (const socket of sockets.values()) socket.close();
  };
  try {
    for (const family of new Set(options.addresses.map(familyOf))) {
      sockets.set(family, openSocket(family, options, link, onClaim, log));
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    ask(target) {
      const asker = askerFor({ ...options, target }, link, table);
      const encode = target.length === 4 ? encodeArpRequest : encodeSolicitationFrame;
      sockets.get(familyOf(target))?.send(encode(asker, target));
    },
    readQueued() {
      let frames = 0;
      for (const socket of sockets.values()) frames += socket.readQueued();
      return frames;
    },
    close,
  };
}

function openSocket(
  family: 4 | 6,
  { interface: name, addresses }: ClaimWatchOptions,
  { index }: LinkState,
  onClaim: (claim: AddressClaim | null) => void,
  log: Logger,
): FrameSocket {
  const decode = family === 4 ? decodeArpClaim : decodeNaClaim;
  const own = addresses.filter((ip) => familyOf(ip) === family);
  return new FrameSocket({
    interface: name,
    interfaceIndex: index,
    etherType: family === 4 ? ETHERTYPE_ARP : ETHERTYPE_IPV6,
    filter: family === 4 ? arpClaimFilter(own) : naClaimFilter(),
    onFrame: (frame) => onClaim(decode(frame)),
    onError: (error) => log.debug({ interface: name, code: error.code }, error.message),
  });
}

function familyOf(ip: Uint8Array): 4 | 6 {
  return ip.length === 4 ? 4 : 6;
}
