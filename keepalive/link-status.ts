import { formatIp } from '../src/os/ip-address.ts';
import type { AdvertisementLink } from './advertisement-link.ts';
import type { LinkStatus } from './status.ts';

/** The status of one interface and family; `running`: null when there is no such interface. */
export function linkStatus(link: AdvertisementLink, running: boolean | null): LinkStatus {
  const address = link.sourceAddress();
  return {
    interface: link.interface,
    family: link.family,
    running,
    address: address === null ? null : formatIp(address),
    statistics: { ...link.statistics },
  };
}
