/** Sockets as the engine needs them, by system calls that do not wait. */
import { getSystemErrorName } from 'node:util';
import { OsError } from '../../../src/os/errors.ts';
import { interfaceIndex } from '../../../src/os/interface-index.ts';
import { formatIp, parseIp } from '../../../src/os/ip-address.ts';
import { errno, libc } from '../../../src/os/libc.ts';
import {
  decodeSocketAddress,
  encodeSocketAddress,
  type InternetAddress,
  SOCKET_ADDRESS_BYTES_MAX,
} from '../../../src/os/socket-address.ts';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SO_LINGER,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
} from '../../../src/os/socket-constants.ts';
import { ADDRESS_TEXTS_MAX } from './limits.ts';

const SHUT_WR = 1;
/** As libuv probes: every second, ten times. */
const PROBE_INTERVAL_S = 1;
const PROBES_MAX = 10;
const ONE = Uint8Array.of(1, 0, 0, 0);
/** On, and no time at all: a close sends RST. */
const NO_LINGER = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);

const addressBytes = new Uint8Array(SOCKET_ADDRESS_BYTES_MAX);
const addressLength = new Uint8Array(4);

/** An end of a connection; nowhere when the kernel does not know. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

const NOWHERE: Endpoint = { address: '', port: 0 };
/** What an end without an address says, too. */
const ANY_ADDRESS: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

/** The name of a negative errno, as completions bring them. */
export function errorName(result: number): string {
  return getSystemErrorName(result);
}

/** The kernel's form of an address and a port; null when the host is a name. */
export function socketAddress(host: string, port: number): Uint8Array | null {
  const [text = '', zone] = host.split('%');
  const ip = parseIp(text);
  if (ip === null) return null;
  return encodeSocketAddress({ ip, port, scope: zone === undefined ? 0 : interfaceIndex(zone) });
}

/** A socket to connect to such an address with; a negative errno when there is none to be had. */
export function openSocket(address: Uint8Array): number {
  const family = address[0] === AF_INET ? AF_INET : AF_INET6;
  const fd = libc().socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return -errno();
  sendAtOnce(fd);
  return fd;
}

/** Small segments do not wait for others. What a listening socket accepts inherits it. */
export function sendAtOnce(fd: number): void {
  setOption(fd, IPPROTO_TCP, TCP_NODELAY, ONE);
}

/** Closing will send RST, and drop what is unsent. */
export function resetOnClose(fd: number): void {
  setOption(fd, SOL_SOCKET, SO_LINGER, NO_LINGER);
}

/** Probes a silent peer, beginning after `idleMs`. */
export function probePeer(fd: number, idleMs: number): void {
  setOption(fd, SOL_SOCKET, SO_KEEPALIVE, ONE);
  setOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, int(Math.max(1, Math.floor(idleMs / 1000))));
  setOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, int(PROBE_INTERVAL_S));
  setOption(fd, IPPROTO_TCP, TCP_KEEPCNT, int(PROBES_MAX));
}

/** Sends FIN. A connection that is gone meanwhile says so when it is read. */
export function sendEnd(fd: number): void {
  libc().shutdown(fd, SHUT_WR);
}

/** Who is at the other end. */
export function remoteEnd(fd: number): Endpoint {
  addressLength[0] = addressBytes.length;
  if (fd < 0 || libc().getpeername(fd, addressBytes, addressLength) < 0) return NOWHERE;
  return endpoint(decodeSocketAddress(addressBytes));
}

/** Who we are to the other end. */
export function localEnd(fd: number): Endpoint {
  addressLength[0] = addressBytes.length;
  if (fd < 0 || libc().getsockname(fd, addressBytes, addressLength) < 0) return NOWHERE;
  return endpoint(decodeSocketAddress(addressBytes));
}

/** Where a listening socket accepts: whom it has accepted has reached that, unless it is any address. */
export interface Reached {
  /** Null: accepts at any address. */
  readonly endpoint: Endpoint | null;
  readonly port: number;
}

/** What those who are accepted there have reached. */
export function reachedAt(listening: number): Reached {
  const endpoint = localEnd(listening);
  const anywhere = ANY_ADDRESS.has(endpoint.address);
  return { endpoint: anywhere ? null : endpoint, port: endpoint.port };
}

/** Both ends of a connection, asked for once: they stay what they were when it has gone. */
export class Ends {
  #remoteAddress: string | null = null;
  #remotePort = 0;
  #local: Endpoint | null = null;
  #localPort = 0;

  /** Spares asking the kernel for what the listening socket has told. */
  accepted({ endpoint, port }: Reached): void {
    this.#local = endpoint;
    this.#localPort = port;
  }

  remoteAddress(fd: number): string {
    return this.#remoteAddress ?? this.#askRemote(fd);
  }

  remotePort(fd: number): number {
    if (this.#remoteAddress === null) this.#askRemote(fd);
    return this.#remotePort;
  }

  #askRemote(fd: number): string {
    const { address, port } = remoteEnd(fd);
    this.#remoteAddress = address;
    this.#remotePort = port;
    return address;
  }

  local(fd: number): Endpoint {
    this.#local ??= localEnd(fd);
    return this.#local;
  }

  localPort(fd: number): number {
    if (this.#localPort === 0) this.#localPort = this.local(fd).port;
    return this.#localPort;
  }
}

/** A connection that waits on a non-blocking listening socket; a negative errno without one. */
export function acceptWaiting(fd: number): number {
  const accepted = libc().accept4(fd, null, null, SOCK_CLOEXEC);
  return accepted < 0 ? -errno() : accepted;
}

/** Closes it; nothing can be done about a failure. */
export function closeSocket(fd: number): void {
  libc().close(fd);
}

/** The errno's name of a failed system call; other errors are thrown on. */
export function codeOf(error: unknown): string {
  if (error instanceof OsError) return error.code;
  throw error;
}

// The peer may have reset the connection: then there is nothing to be set any more.
function setOption(fd: number, level: number, option: number, value: Uint8Array): void {
  libc().setsockopt(fd, level, option, value, value.length);
}

function int(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

function endpoint(address: InternetAddress | null): Endpoint {
  return address === null ? NOWHERE : { address: textOf(address.ip), port: address.port };
}

/** Texts of IPv4 addresses, by the addresses as numbers: a host opens many connections. */
const texts = new Map<number, string>();

function textOf(ip: Uint8Array): string {
  if (ip.length !== 4) return formatIp(ip);
  const number = ((ip[0]! << 24) | (ip[1]! << 16) | (ip[2]! << 8) | ip[3]!) >>> 0;
  const known = texts.get(number);
  if (known !== undefined) return known;
  if (texts.size >= ADDRESS_TEXTS_MAX) texts.clear();
  const text = formatIp(ip);
  texts.set(number, text);
  return text;
}
