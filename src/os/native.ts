/**
 * The door to native code. koffi is loaded on the first system call that needs it, so that
 * `tandem check` and everything else that stays inside Node never touches a platform binary.
 */
import { createRequire } from 'node:module';

export type Koffi = typeof import('koffi');
export type NativeLibrary = import('koffi').LibraryHandle;

const require = createRequire(import.meta.url);
let loaded: Koffi | undefined;

/** A native library which this machine lacks; the message says what to install and why. */
export class NativeLibraryError extends Error {
  override readonly name = 'NativeLibraryError';
  readonly library: string;

  constructor(library: string, advice: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`cannot load ${library} on ${process.platform}-${process.arch}: ${reason}; ${advice}`, {
      cause,
    });
    this.library = library;
  }
}

/** koffi, loaded on first use. Throws NativeLibraryError when its platform binary is missing. */
export function koffi(): Koffi {
  if (loaded === undefined) {
    try {
      loaded = require('koffi') as Koffi;
    } catch (error) {
      const advice = 'install the optional dependencies (npm ci without --omit=optional)';
      throw new NativeLibraryError('koffi', advice, error);
    }
  }
  return loaded;
}

/**
 * Opens a shared library by its soname. `advice` tells the operator how to get it when it is not
 * there. Throws NativeLibraryError.
 */
export function openLibrary(soname: string, advice: string): NativeLibrary {
  const native = koffi();
  try {
    return native.load(soname);
  } catch (error) {
    throw new NativeLibraryError(soname, advice, error);
  }
}

/** Memory that never moves, for structures that hold pointers. Zeroed, never freed. */
export interface StableMemory {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/**
 * Allocates memory outside the JavaScript heap. It is for a few areas with the life of the process
 * (a receive buffer, a socket filter), which is why there is no way to free it.
 */
export function allocateStable(length: number): StableMemory {
  const native = koffi();
  const pointer = native.alloc('uint8_t', length);
  const bytes = new Uint8Array(native.view(pointer, length));
  bytes.fill(0);
  return { address: native.address(pointer), bytes };
}

/**
 * Calls a native function in a thread of the pool; resolves with what it returns. Buffers among the
 * arguments must be of `allocateStable`, and errno is that thread's, so nobody learns it.
 */
export function offThread<A extends unknown[]>(
  call: (...args: A) => number,
  ...args: A
): Promise<number> {
  const { async: start } = call as unknown as {
    async(...args: [...A, (error: Error | null, result: number) => void]): void;
  };
  return new Promise((resolve, reject) => {
    start(...args, (error, result) => {
      if (error === null || error === undefined) resolve(Number(result));
      else reject(error);
    });
  });
}
