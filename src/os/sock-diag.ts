/**
 * Counts the host's TCP connections by their own address (sock_diag(7)), and ends what is left of old
 * ones, for those who must not wait:
 * on a host with many sockets one read of the answer may keep the kernel busy for tens of milliseconds,
 * so the calls are made in the thread pool, and only what they bring is looked at in this thread, a part
 * at a time.
 *
 *     question with a filter ──> kernel, one dump per family ──> parts of at most 32 KiB ──> count
 */
import { setTimeout as delay } from 'node:timers/promises';
import { OsError } from './errors.ts';
import { check, libc } from './libc.ts';
import { allocateStable, offThread, type StableMemory } from './native.ts';
import { attribute, joined, viewOf } from './netlink-attributes.ts';
import * as c from './socket-constants.ts';

const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const SOCK_DESTROY = 21;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_DUMP = 0x300;
/** `struct nlmsghdr`: length u32, type u16, flags u16, sequence u32, port u32. */
const HEADER_BYTES = 16;
/** `struct inet_diag_req_v2`: family u8, protocol u8, extensions u8, pad, states u32, socket id. */
const REQUEST_BYTES = 56;
const IPPROTO_TCP = 6;
const REQUEST_BYTECODE = 1;
/** ESTABLISHED to NEW_SYN_RECV (1 to 12) but for TIME_WAIT, CLOSE and LISTEN. */
const CONNECTED_STATES = 0x1ffe & ~((1 << 6) | (1 << 7) | (1 << 10));
const TIME_WAIT_STATE = 1 << 6;
/** `struct inet_diag_msg`: family u8, state u8, timer u8, retransmits u8, then the socket's id. */
const ID_AT = HEADER_BYTES + 4;
const ID_BYTES = 48;
/** Orders in one message to the kernel. */
const ORDERS_AT_ONCE = 512;
/** The kernel makes a part of a dump at most half as large. */
const PART_BYTES_MAX = 65_536;
/** Parts of one dump: some ten million connections. */
const PARTS_MAX = 65_536;
/**
 * Before each part. The agent works in real time, its thread pool too: in one go, ten thousand connections
 * keep a processor from the balancer for more than ten milliseconds.
 */
const REST_MS = 1;
/** Addresses in one question: a jump within the filter has 16 bits. */
export const CENSUS_ADDRESSES_MAX = 1_024;

/** `struct inet_diag_bc_op`: code u8, yes u8, no u16; both are distances in bytes. */
const OPERATION_BYTES = 4;
const JUMP = 1;
const SOURCE_CONDITION = 7;
/** `struct inet_diag_hostcond`: family u8, prefix length u8, pad, port i32; address. */
const CONDITION_BYTES = 8;
const ANY_PORT = -1;

let memory: StableMemory | undefined;
/** The memory is shared, and so every count waits for the one before. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Connections to one of these addresses (4 or 16 bytes, at most CENSUS_ADDRESSES_MAX) that the network
 * namespace of the calling thread has: half-open ones too, but none that listen, are in TIME_WAIT or
 * closed. IPv4 clients of an IPv6 listener count for their IPv4 address. Rejects with OsError.
 */
export function countConnections(addresses: readonly Uint8Array[]): Promise<number> {
  return inTurn(addresses, async (fd) => {
    let total = 0;
    await dump(fd, addresses, CONNECTED_STATES, () => {
      total++;
    });
    return total;
  });
}

/**
 * Ends what is in TIME_WAIT on these addresses. Needs CAP_NET_ADMIN; what the kernel refuses to end stays.
 * Rejects with OsError when it cannot be asked.
 */
export function endTimeWaits(addresses: readonly Uint8Array[]): Promise<void> {
  return inTurn(addresses, async (fd) => {
    const orders: Uint8Array[] = [];
    await dump(fd, addresses, TIME_WAIT_STATE, (socket) => {
      orders.push(destructionOf(socket));
    });
    for (let at = 0; at < orders.length; at += ORDERS_AT_ONCE) {
      await delay(REST_MS);
      const message = joined(orders.slice(at, at + ORDERS_AT_ONCE));
      memory!.bytes.set(message);
      await offThread(libc().sendto, fd, memory!.bytes, message.length, 0, null, 0);
    }
  });
}

/** One after the other, each with a socket of its own. */
function inTurn<T>(addresses: readonly Uint8Array[], work: (fd: number) => Promise<T>): Promise<T> {
  if (addresses.length > CENSUS_ADDRESSES_MAX) {
    throw new RangeError(`${addresses.length} addresses, at most ${CENSUS_ADDRESSES_MAX}`);
  }
  const type = c.SOCK_RAW | c.SOCK_NONBLOCK | c.SOCK_CLOEXEC;
  const fd = check(libc().socket(c.AF_NETLINK, type, NETLINK_SOCK_DIAG), 'socket', 'sock_diag');
  const done = last.then(() => work(fd)).finally(() => libc().close(fd));
  last = done.catch(() => {});
  return done;
}

/** Every socket in the answers of both families. */
async function dump(
  fd: number,
  addresses: readonly Uint8Array[],
  states: number,
  onSocket: (message: Uint8Array) => void,
): Promise<void> {
  const ipv4 = addresses.filter(({ length }) => length === 4);
  if (ipv4.length > 0) await dumpFamily(fd, diagQuestion(c.AF_INET, ipv4, states), onSocket);
  if (addresses.length === 0) return;
  await dumpFamily(fd, diagQuestion(c.AF_INET6, addresses, states), onSocket);
}

async function dumpFamily(
  fd: number,
  question: Uint8Array,
  onSocket: (message: Uint8Array) => void,
) {
  memory ??= allocateStable(PART_BYTES_MAX);
  memory.bytes.set(question);
  const { bytes } = memory;
  const sent = await offThread(libc().sendto, fd, bytes, question.length, 0, null, 0);
  // The thread that failed is another one, and so is its errno; the kernel's own refusals come as answers.
  if (sent < 0) throw new OsError('sendto', c.EAGAIN, 'sock_diag');
  for (let parts = 0; parts < PARTS_MAX; parts++) {
    await delay(REST_MS);
    const length = await offThread(libc().read, fd, bytes, bytes.length);
    if (length <= 0) throw new OsError('read', c.EAGAIN, 'sock_diag');
    if (readPart(bytes.subarray(0, length), onSocket)) return;
  }
  throw new OsError('read', c.EAGAIN, 'sock_diag: endless');
}

/** The order to end a socket of an answer. */
function destructionOf(message: Uint8Array): Uint8Array {
  const order = new Uint8Array(HEADER_BYTES + REQUEST_BYTES);
  viewOf(order).setUint32(0, order.length, true);
  viewOf(order).setUint16(4, SOCK_DESTROY, true);
  viewOf(order).setUint16(6, NLM_F_REQUEST, true);
  order.set([message[HEADER_BYTES]!, IPPROTO_TCP], HEADER_BYTES);
  viewOf(order).setUint32(HEADER_BYTES + 4, TIME_WAIT_STATE, true);
  order.set(message.subarray(ID_AT, ID_AT + ID_BYTES), HEADER_BYTES + REQUEST_BYTES - ID_BYTES);
  return order;
}

/** The question for all TCP sockets of a family whose own address is one of these. Pure. */
export function diagQuestion(
  family: number,
  addresses: readonly Uint8Array[],
  states = CONNECTED_STATES,
): Uint8Array {
  const request = new Uint8Array(REQUEST_BYTES);
  request.set([family, IPPROTO_TCP]);
  viewOf(request).setUint32(4, states, true);
  const payload = joined([request, attribute(REQUEST_BYTECODE, diagFilter(addresses))]);
  const header = new Uint8Array(HEADER_BYTES);
  viewOf(header).setUint32(0, HEADER_BYTES + payload.length, true);
  viewOf(header).setUint16(4, SOCK_DIAG_BY_FAMILY, true);
  viewOf(header).setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
  return joined([header, payload]);
}

/**
 * For each address a condition, and behind all but the last a jump to the end, which is a match. What
 * fails the last one is sent beyond the end, which is none. The kernel demands that every target is
 * reached by going on from each operation when it holds.
 */
function diagFilter(addresses: readonly Uint8Array[]): Uint8Array {
  const conditions = addresses.map(condition);
  const total = conditions.reduce((sum, { length }) => sum + length + OPERATION_BYTES, 0);
  const parts: Uint8Array[] = [];
  let left = total - OPERATION_BYTES;
  for (const [at, part] of conditions.entries()) {
    viewOf(part).setUint16(2, part.length + OPERATION_BYTES, true);
    parts.push(part);
    left -= part.length;
    if (at === conditions.length - 1) break;
    const jump = Uint8Array.of(JUMP, OPERATION_BYTES, 0, 0);
    viewOf(jump).setUint16(2, left, true);
    parts.push(jump);
    left -= OPERATION_BYTES;
  }
  return joined(parts);
}

function condition(ip: Uint8Array): Uint8Array {
  const length = OPERATION_BYTES + CONDITION_BYTES + ip.length;
  const bytes = new Uint8Array(length);
  bytes.set([SOURCE_CONDITION, length]);
  bytes.set([ip.length === 4 ? c.AF_INET : c.AF_INET6, ip.length * 8], OPERATION_BYTES);
  viewOf(bytes).setInt32(OPERATION_BYTES + 4, ANY_PORT, true);
  bytes.set(ip, OPERATION_BYTES + CONDITION_BYTES);
  return bytes;
}

/**
 * One part of an answer: `onSocket` gets the message of each socket, for as long as it runs. True: it is the
 * last part. Pure; throws OsError for a refusal.
 */
export function readPart(part: Uint8Array, onSocket: (message: Uint8Array) => void): boolean {
  const view = viewOf(part);
  for (let at = 0; at + HEADER_BYTES <= part.length; ) {
    const length = view.getUint32(at, true);
    const type = view.getUint16(at + 4, true);
    if (length < HEADER_BYTES || at + length > part.length) break;
    if (type === NLMSG_ERROR) {
      throw new OsError('sock_diag', -view.getInt32(at + HEADER_BYTES, true), 'dump');
    }
    if (type === NLMSG_DONE) return true;
    if (type === SOCK_DIAG_BY_FAMILY && length >= ID_AT + ID_BYTES) {
      onSocket(part.subarray(at, at + length));
    }
    at += (length + 3) & ~3;
  }
  return false;
}
