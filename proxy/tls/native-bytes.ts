/** Bytes at native addresses: what callbacks of OpenSSL get and give. */
import { koffi } from '../../src/os/native.ts';
import type { Address } from './openssl.ts';

interface Copying {
  to(target: Address, from: Uint8Array, length: number): void;
  from(target: Uint8Array, from: Address, length: number): void;
}

let copying: Copying | undefined;

function copies(): Copying {
  if (copying === undefined) {
    const library = koffi().load(null);
    copying = {
      to: library.func('memcpy', 'void', ['uintptr_t', 'void *', 'size_t']),
      from: library.func('memcpy', 'void', ['void *', 'uintptr_t', 'size_t']),
    };
  }
  return copying;
}

/** Writes all the bytes to the address. */
export function copyTo(target: Address, bytes: Uint8Array): void {
  copies().to(target, bytes, bytes.length);
}

/** Fills the bytes with what is at the address. */
export function copyFrom(source: Address, into: Uint8Array): void {
  copies().from(into, source, into.length);
}

/** Where the bytes are. Good as long as somebody holds the buffer, and for buffers off V8's heap only. */
export function addressOf(bytes: Buffer): bigint {
  return koffi().address(bytes as never);
}

/** A pointer, as C keeps it in memory. */
export function pointerBytes(address: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64LE(address);
  return bytes;
}
