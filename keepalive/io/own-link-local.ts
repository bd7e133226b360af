import { readFileSync } from 'node:fs';
import { formatIp } from '../../src/os/ip-address.ts';

const LINK_SCOPE = 0x20;
/** IFA_F_DADFAILED, DEPRECATED (as virtual addresses are, whoever's) and TENTATIVE. */
const UNUSABLE = 0x08 | 0x20 | 0x40;

/**
 * A link-local address that is the host's own, canonical text; null while the interface has none, or
 * the host no IPv6.
 */
export function ownLinkLocal(interfaceIndex: number): string | null {
  try {
    return linkLocalIn(readFileSync('/proc/thread-self/net/if_inet6', 'latin1'), interfaceIndex);
  } catch {
    return null;
  }
}

/** The same in the text of /proc/net/if_inet6: address, index, prefix length, scope, flags, name. Pure. */
export function linkLocalIn(text: string, interfaceIndex: number): string | null {
  for (const line of text.split('\n')) {
    const [address, index, , scope, flags] = line.trim().split(/\s+/);
    if (address?.length !== 32 || flags === undefined) continue;
    if (Number.parseInt(index ?? '', 16) !== interfaceIndex) continue;
    if (Number.parseInt(scope ?? '', 16) !== LINK_SCOPE) continue;
    if ((Number.parseInt(flags, 16) & UNUSABLE) !== 0) continue;
    return formatIp(Uint8Array.from(Buffer.from(address, 'hex')));
  }
  return null;
}
