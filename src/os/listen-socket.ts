/**
 * Listening TCP sockets made by hand: node:net cannot set SO_REUSEPORT and IP_FREEBIND together,
 * cannot hand one listener to several threads, and cannot stop arrivals before it closes.
 *
 *   openListenSocket -> fd (main thread keeps it) -> duplicateDescriptor -> a worker accepts on it
 *   to stop: stopArrivals(fd) -> accept until waitingConnections(fd) is 0 -> closeDescriptor(fd)
 */
import { OsError } from './errors.ts';
import { interfaceIndex } from './interface-index.ts';
import { parseIp } from './ip-address.ts';
import { check, libc } from './libc.ts';
import { attachFilter, packetFilter } from './packet-filter.ts';
import {
  decodeSocketAddress,
  encodeSocketAddress,
  formatSocketAddress,
  SOCKET_ADDRESS_BYTES_MAX,
} from './socket-address.ts';
import {
  AF_INET,
  AF_INET6,
  EINVAL,
  F_DUPFD_CLOEXEC,
  IP_FREEBIND,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_FREEBIND,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_INFO,
} from './socket-constants.ts';
import { getOption, setIntOption } from './socket-option.ts';

/** Some thousand small datagrams. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
/** More than fit into that: the kernel counts some hundred bytes for the smallest. */
const DISCARDED_MAX = 16_384;
/** The oldest form of `struct tcp_info`; the kernel fills what there is room for. */
const TCP_INFO_BYTES = 104;

export interface ListenOptions {
  /** IPv4 or IPv6 address, no name; link-local IPv6 with its zone (`fe80::1%eth0`). */
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** Connections waiting to be accepted; the kernel caps it at net.core.somaxconn. */
  readonly backlog: number;
  /** Bind even though no interface has the address now (a virtual address on the Backup). */
  readonly freeBind: boolean;
  /** Share the port with other sockets of this user; the kernel spreads connections over them. */
  readonly reusePort: boolean;
}

export interface ListenSocket {
  readonly fd: number;
  /** The port bound, also when 0 was asked for. */
  readonly port: number;
}

/**
 * Opens a listening TCP socket: non-blocking, closed on exec, SO_REUSEADDR; an IPv6 one is IPv6
 * only, so that `0.0.0.0` and `[::]` can both be bound. Throws OsError; for a port in use its code
 * is EADDRINUSE and its text has address and port. With `reusePort` a port already shared by
 * another process of the same user is not "in use": open once without it to find out.
 */
export function openListenSocket(options: ListenOptions): ListenSocket {
  return openBound(options, SOCK_STREAM, (fd, detail) => {
    check(libc().listen(fd, options.backlog), 'listen', detail);
  });
}

/**
 * The same, not listening yet: the port is ours, and connections go on going to whoever listens for
 * them, on a less specific address maybe. `beginListening` finishes it. Throws OsError.
 */
export function openBoundSocket(options: Omit<ListenOptions, 'backlog'>): ListenSocket {
  return openBound(options, SOCK_STREAM, () => {});
}

/** From here on connections arrive at it. Throws OsError: EADDRINUSE when somebody else was faster. */
export function beginListening(fd: number, backlog: number): void {
  check(libc().listen(fd, backlog), 'listen', String(fd));
}

/**
 * The same for UDP, without a backlog but with room for a burst; it tells of each datagram which of
 * this host's addresses it was sent to. A flow stays on the socket that its first datagram came to,
 * for as long as the sockets that share the port are the same.
 */
export function openDatagramSocket(options: Omit<ListenOptions, 'backlog'>): ListenSocket {
  return openBound(options, SOCK_DGRAM, (fd) => {
    const v6 = options.host.includes(':');
    // The kernel caps it at net.core.rmem_max.
    setIntOption(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES, 'SO_RCVBUF');
    if (v6) setIntOption(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, 'IPV6_RECVPKTINFO');
    else setIntOption(fd, IPPROTO_IP, IP_PKTINFO, 1, 'IP_PKTINFO');
  });
}

function openBound(
  options: Omit<ListenOptions, 'backlog'>,
  kind: number,
  finish: (fd: number, detail: string) => void,
): ListenSocket {
  const address = bindAddress(options);
  const detail = formatSocketAddress(address);
  const v6 = address.ip.length === 16;
  const type = kind | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = check(libc().socket(v6 ? AF_INET6 : AF_INET, type, 0), 'socket', detail);
  try {
    // Of UDP sockets the option would let another program take the port, and every datagram.
    if (kind === SOCK_STREAM) setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1, 'SO_REUSEADDR');
    if (options.reusePort) {
      setIntOption(fd, SOL_SOCKET, SO_REUSEPORT, 1, 'SO_REUSEPORT');
    }
    if (v6) {
      setIntOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, 'IPV6_V6ONLY');
    }
    if (options.freeBind && v6) {
      setIntOption(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1, 'IPV6_FREEBIND');
    } else if (options.freeBind) {
      setIntOption(fd, IPPROTO_IP, IP_FREEBIND, 1, 'IP_FREEBIND');
    }
    const bytes = encodeSocketAddress(address);
    check(libc().bind(fd, bytes, bytes.length), 'bind', detail);
    finish(fd, detail);
    return { fd, port: boundPort(fd) };
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/** Drops what waits in a socket for datagrams, at most a full buffer of it. */
export function discardQueued(fd: number): void {
  const nothing = new Uint8Array(1);
  for (let reads = 0; reads < DISCARDED_MAX; reads++) {
    if (libc().read(fd, nothing, nothing.length) < 0) return;
  }
}

/** A second descriptor of the same socket, closed on exec. Throws OsError. */
export function duplicateDescriptor(fd: number): number {
  return check(libc().fcntl(fd, F_DUPFD_CLOEXEC, 0), 'fcntl', `${fd}, F_DUPFD_CLOEXEC`);
}

/** Closes a descriptor. Throws OsError (EBADF when it is not open). */
export function closeDescriptor(fd: number): void {
  check(libc().close(fd), 'close', String(fd));
}

/**
 * Makes a listening socket deaf to new connections while handshakes under way still finish, so
 * that accepting until EAGAIN and closing resets nobody. It works on the socket, hence on all its
 * duplicates. A client whose SYN is dropped tries again after a second and then finds whoever
 * listens by then; so close within that second.
 */
export function stopArrivals(fd: number): void {
  attachFilter(fd, dropSynProgram());
}

/**
 * Connections whose handshake is over and which nobody has accepted. For who accepts through
 * node:net and cannot see EAGAIN. Throws OsError.
 */
export function waitingConnections(fd: number): number {
  const info = new Uint8Array(TCP_INFO_BYTES);
  getOption(fd, IPPROTO_TCP, TCP_INFO, info, `${fd}, TCP_INFO`);
  // Of a listening socket, tcpi_unacked is the length of the accept queue.
  return new DataView(info.buffer).getUint32(24, true);
}

let program: Uint8Array | undefined;

/**
 * Sees a segment from its TCP header on and keeps it unless SYN is set. An ACK that finishes a
 * handshake has no SYN, so it passes.
 */
function dropSynProgram(): Uint8Array {
  program ??= packetFilter([
    { code: 0x30, jumpTrue: 0, jumpFalse: 0, k: 13 }, // ldb [13]: the flags
    { code: 0x45, jumpTrue: 0, jumpFalse: 1, k: 0x02 }, // jset SYN
    { code: 0x06, jumpTrue: 0, jumpFalse: 0, k: 0 }, // ret 0: drop
    { code: 0x06, jumpTrue: 0, jumpFalse: 0, k: 0xffffffff }, // ret all: keep
  ]);
  return program;
}

function bindAddress({ host, port }: Pick<ListenOptions, 'host' | 'port'>) {
  const [text = '', zone] = host.split('%');
  const ip = parseIp(text);
  if (ip === null) {
    throw new OsError('bind', EINVAL, `${host}:${port}, not an IP address`);
  }
  return { ip, port, scope: zone === undefined ? 0 : interfaceIndex(zone) };
}

function boundPort(fd: number): number {
  const bytes = new Uint8Array(SOCKET_ADDRESS_BYTES_MAX);
  const length = Uint8Array.of(bytes.length, 0, 0, 0);
  check(libc().getsockname(fd, bytes, length), 'getsockname', String(fd));
  return decodeSocketAddress(bytes)?.port ?? 0;
}
