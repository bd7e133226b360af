/**
 * sendmsg and recvmsg: a datagram together with its address and ancillary data. One area of stable
 * memory holds all the structures, linked by addresses that never change:
 *
 *     msghdr ──┬─ name     sockaddr
 *              ├─ iovec ── data
 *              └─ control  cmsg, cmsg, ...
 */
import { OsError } from './errors.ts';
import { errno, libc } from './libc.ts';
import { allocateStable } from './native.ts';
import { SOCKET_ADDRESS_BYTES_MAX } from './socket-address.ts';
import { EAGAIN, EINTR } from './socket-constants.ts';

const HEADER_BYTES = 56;
const IOVEC_OFFSET = 64;
const NAME_OFFSET = 80;
const CONTROL_OFFSET = NAME_OFFSET + SOCKET_ADDRESS_BYTES_MAX;
const CONTROL_BYTES_MAX = 256;
const DATA_OFFSET = CONTROL_OFFSET + CONTROL_BYTES_MAX;
/** `struct cmsghdr`: length (8 bytes), level, type. */
const CONTROL_HEADER_BYTES = 16;

/** One item of ancillary data. */
export interface ControlItem {
  readonly level: number;
  readonly type: number;
  readonly data: Uint8Array;
}

/**
 * A reusable message buffer. Everything it hands out is a view that the next call overwrites.
 * Its memory lives as long as the process: make one and share it.
 */
export class SocketMessage {
  readonly #address: bigint;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #header: Uint8Array;
  readonly #dataBytesMax: number;
  #received = 0;

  constructor(dataBytesMax: number) {
    const memory = allocateStable(DATA_OFFSET + dataBytesMax);
    this.#address = memory.address;
    this.#bytes = memory.bytes;
    this.#view = new DataView(memory.bytes.buffer);
    this.#header = memory.bytes.subarray(0, HEADER_BYTES);
    this.#dataBytesMax = dataBytesMax;
    this.#view.setBigUint64(16, this.#address + BigInt(IOVEC_OFFSET), true);
    this.#view.setBigUint64(24, 1n, true);
    this.#view.setBigUint64(IOVEC_OFFSET, this.#address + BigInt(DATA_OFFSET), true);
  }

  /**
   * Receives one datagram. False when there is none now. `label` names the socket in errors.
   * Throws OsError.
   */
  receive(fd: number, flags: number, label: string): boolean {
    this.#setLengths(SOCKET_ADDRESS_BYTES_MAX, CONTROL_BYTES_MAX, this.#dataBytesMax);
    for (;;) {
      const result = libc().recvmsg(fd, this.#header, flags);
      if (result >= 0) {
        this.#received = Math.min(result, this.#dataBytesMax);
        return true;
      }
      const code = errno();
      if (code === EAGAIN) {
        return false;
      }
      if (code !== EINTR) {
        throw new OsError('recvmsg', code, label);
      }
    }
  }

  /** Payload of the datagram received last, cut off at the size of the buffer. */
  data(): Uint8Array {
    return this.#bytes.subarray(DATA_OFFSET, DATA_OFFSET + this.#received);
  }

  /** Sender's socket address of the datagram received last. */
  name(): Uint8Array {
    return this.#bytes.subarray(NAME_OFFSET, NAME_OFFSET + this.#view.getUint32(8, true));
  }

  /** Ancillary data of one kind that came with the datagram; null when there is none. */
  control(level: number, type: number): Uint8Array | null {
    const end = CONTROL_OFFSET + Number(this.#view.getBigUint64(40, true));
    let offset = CONTROL_OFFSET;
    while (offset + CONTROL_HEADER_BYTES <= end) {
      const length = Number(this.#view.getBigUint64(offset, true));
      if (length < CONTROL_HEADER_BYTES || offset + length > end) {
        return null;
      }
      if (
        this.#view.getInt32(offset + 8, true) === level &&
        this.#view.getInt32(offset + 12, true) === type
      ) {
        return this.#bytes.subarray(offset + CONTROL_HEADER_BYTES, offset + length);
      }
      offset += aligned(length);
    }
    return null;
  }

  /** Sends one datagram. `label` names destination and socket in errors. Throws OsError. */
  send(
    fd: number,
    data: Uint8Array,
    destination: Uint8Array,
    control: readonly ControlItem[],
    label: string,
  ): void {
    if (data.length > this.#dataBytesMax) {
      throw new RangeError(`${data.length} bytes to send, at most ${this.#dataBytesMax}`);
    }
    this.#bytes.set(destination, NAME_OFFSET);
    this.#bytes.set(data, DATA_OFFSET);
    this.#setLengths(destination.length, this.#writeControl(control), data.length);
    for (;;) {
      if (libc().sendmsg(fd, this.#header, 0) >= 0) {
        return;
      }
      const code = errno();
      if (code !== EINTR) {
        throw new OsError('sendmsg', code, label);
      }
    }
  }

  /** Returns the bytes used. */
  #writeControl(control: readonly ControlItem[]): number {
    let offset = CONTROL_OFFSET;
    for (const { level, type, data } of control) {
      const length = CONTROL_HEADER_BYTES + data.length;
      if (offset + aligned(length) > DATA_OFFSET) {
        throw new RangeError(`ancillary data beyond ${CONTROL_BYTES_MAX} bytes`);
      }
      this.#view.setBigUint64(offset, BigInt(length), true);
      this.#view.setInt32(offset + 8, level, true);
      this.#view.setInt32(offset + 12, type, true);
      this.#bytes.set(data, offset + CONTROL_HEADER_BYTES);
      offset += aligned(length);
    }
    return offset - CONTROL_OFFSET;
  }

  #setLengths(name: number, control: number, data: number): void {
    const pointer = (length: number, offset: number) =>
      length === 0 ? 0n : this.#address + BigInt(offset);
    this.#view.setBigUint64(0, pointer(name, NAME_OFFSET), true);
    this.#view.setUint32(8, name, true);
    this.#view.setBigUint64(32, pointer(control, CONTROL_OFFSET), true);
    this.#view.setBigUint64(40, BigInt(control), true);
    this.#view.setInt32(48, 0, true);
    this.#view.setBigUint64(IOVEC_OFFSET + 8, BigInt(data), true);
  }
}

/** CMSG_ALIGN. */
function aligned(length: number): number {
  return (length + 7) & ~7;
}
