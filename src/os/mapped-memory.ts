/**
 * Memory that the kernel reads and writes while JavaScript goes on: mapped once, seen as an
 * ArrayBuffer, and given back when nothing in the kernel can touch it any more.
 */

import { OsError } from './errors.ts';
import { check, errno, libc } from './libc.ts';
import { koffi } from './native.ts';

const PROT_READ_WRITE = 3;
const MAP_SHARED = 0x01;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;
const MAP_POPULATE = 0x8000;

/** A mapping. Its address is for the kernel's structures only; JavaScript has views. */
export class MappedMemory {
  readonly address: number;
  readonly length: number;
  readonly #views: ArrayBuffer[] = [];
  #released = false;

  constructor(address: number, length: number) {
    this.address = address;
    this.length = length;
  }

  /**
   * A part of it, in bytes from its start. The collector counts what is viewed as if it were its own, and
   * collects the more often for it: views are for what is used.
   */
  view(offset = 0, length = this.length - offset): ArrayBuffer {
    const view: ArrayBuffer = koffi().view(BigInt(this.address + offset), length);
    this.#views.push(view);
    return view;
  }

  /**
   * Unmaps it. Every view of it is empty from then on: a read gives undefined and a write does nothing,
   * where a pointer would have found somebody else's memory.
   */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const view of this.#views) view.transfer();
    check(libc().munmap(this.address, this.length), 'munmap', `${this.length} bytes`);
  }
}

/**
 * Zeroed memory that takes room only where it is used. Shared mappings stay the same pages when the
 * process forks, which matters to memory whose pages the kernel holds.
 */
export function mapAnonymous(length: number): MappedMemory {
  return map(length, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, 'anonymous');
}

/** Memory that belongs to a descriptor (a ring), present from the start. Throws OsError. */
export function mapDescriptor(fd: number, length: number, offset: number): MappedMemory {
  return map(length, MAP_SHARED | MAP_POPULATE, fd, offset, `descriptor ${fd}`);
}

function map(length: number, flags: number, fd: number, offset: number, of: string): MappedMemory {
  const address = Number(libc().mmap(0, length, PROT_READ_WRITE, flags, fd, offset));
  if (address < 0) throw new OsError('mmap', errno(), `${of}, ${length} bytes`);
  return new MappedMemory(address, length);
}
