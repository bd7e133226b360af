import { check, libc } from './libc.ts';
import * as c from './socket-constants.ts';

/** `struct sockaddr_nl`: family u16, padding u16, port u32, groups u32. */
const SOCKADDR_NL_BYTES = 12;

/** The kernel's own address, whose port is 0; as an own address: any free port. */
export function netlinkAddress(): Uint8Array {
  const address = new Uint8Array(SOCKADDR_NL_BYTES);
  address[0] = c.AF_NETLINK;
  return address;
}

/**
 * A socket of this netlink protocol with a port of its own, in the network namespace of the calling
 * thread; its descriptor. Throws OsError.
 */
export function openNetlinkSocket(protocol: number): number {
  const type = c.SOCK_RAW | c.SOCK_NONBLOCK | c.SOCK_CLOEXEC;
  const label = `netlink protocol ${protocol}`;
  const fd = check(libc().socket(c.AF_NETLINK, type, protocol), 'socket', label);
  try {
    const any = netlinkAddress();
    check(libc().bind(fd, any, any.length), 'bind', label);
    return fd;
  } catch (error) {
    libc().close(fd);
    throw error;
  }
}
