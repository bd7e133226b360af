/** Changes of links and addresses, as the kernel announces them. */
import { NetlinkListener } from './netlink-listener.ts';
import {
  decodeAddress,
  decodeLink,
  type InterfaceAddress,
  type NetworkLink,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_NEWADDR,
  RTM_NEWLINK,
} from './netlink-message.ts';

const NETLINK_ROUTE = 0;
const RTNLGRP_LINK = 1;
const RTNLGRP_IPV4_IFADDR = 5;
const RTNLGRP_IPV6_IFADDR = 9;

export interface RouteListener {
  /** An interface appeared or changed. */
  onLink(link: NetworkLink): void;
  onLinkRemoved(link: NetworkLink): void;
  /** An address was added or its flags changed. */
  onAddress(address: InterfaceAddress): void;
  onAddressRemoved(address: InterfaceAddress): void;
  /** Events were lost, so a full look at the tables is due; listening goes on. */
  onLost(): void;
}

/**
 * Listens from the call on, until closed. `receiveBufferBytes` bounds what may wait unread.
 * Throws OsError.
 */
export function listenToRoutes(
  listener: RouteListener,
  receiveBufferBytes?: number,
): NetlinkListener {
  return new NetlinkListener({
    protocol: NETLINK_ROUTE,
    groups: [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR],
    ...(receiveBufferBytes === undefined ? {} : { receiveBufferBytes }),
    onLost: () => listener.onLost(),
    onMessage: (type, payload) => deliver(listener, type, payload),
  });
}

function deliver(listener: RouteListener, type: number, payload: Uint8Array): void {
  if (type === RTM_NEWLINK || type === RTM_DELLINK) {
    const link = decodeLink(payload);
    if (link !== null) {
      type === RTM_NEWLINK ? listener.onLink(link) : listener.onLinkRemoved(link);
    }
  } else if (type === RTM_NEWADDR || type === RTM_DELADDR) {
    const address = decodeAddress(payload);
    if (address !== null) {
      type === RTM_NEWADDR ? listener.onAddress(address) : listener.onAddressRemoved(address);
    }
  }
}
