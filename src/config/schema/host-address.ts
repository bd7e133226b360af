/** The address of a host: not a wildcard, not a group, without a port. */
import { formatIp, parseIp } from '../../os/ip-address.ts';
import { isMulticast, isWildcard } from '../addresses.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { spelled } from './field.ts';

/** Words for `hostAddressValue`. */
export const hostAddressAllowed = 'an IPv4 or IPv6 address, such as 198.51.100.11';

/** Canonical text of an address that a host can have. */
export const hostAddressValue = spelled(hostAddressAllowed, parseHostAddress, (text) => text);

function parseHostAddress(text: string): Parsed<string> {
  const address = parseIp(text);
  if (address === null) return refused('');
  if (isWildcard(address) || isMulticast(address)) return refused('not the address of a host');
  return parsed(formatIp(address));
}
