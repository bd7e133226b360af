/** io_uring's three system calls; their numbers are the same on x86-64 and AArch64. */
import { OsError } from './errors.ts';
import { errno } from './libc.ts';
import { koffi } from './native.ts';

const SETUP = 425;
const ENTER = 426;
const REGISTER = 427;

type Setup = (call: number, entries: number, parameters: Uint8Array) => number;
type Enter = (
  call: number,
  fd: number,
  submit: number,
  wait: number,
  flags: number,
  argument: number,
  size: number,
) => number;
type Register = (
  call: number,
  fd: number,
  operation: number,
  argument: Uint8Array | null,
  count: number,
) => number;

let calls: { setup: Setup; enter: Enter; register: Register } | undefined;

// Variadic in C; these arguments travel the same way on x86-64 and AArch64.
function bound() {
  if (calls === undefined) {
    const library = koffi().load(null);
    calls = {
      setup: library.func('long syscall(long call, uint32_t entries, void *parameters)'),
      enter: library.func(
        'long syscall(long call, uint32_t fd, uint32_t submit, uint32_t wait, uint32_t flags, ' +
          'uint64_t argument, size_t size)',
      ),
      register: library.func(
        'long syscall(long call, uint32_t fd, uint32_t operation, void *argument, uint32_t count)',
      ),
    };
  }
  return calls;
}

/** Makes a ring; `parameters` is a `struct io_uring_params`, filled on return. Throws OsError. */
export function setUpRing(entries: number, parameters: Uint8Array): number {
  const fd = bound().setup(SETUP, entries, parameters);
  if (fd < 0) throw new OsError('io_uring_setup', errno(), `${entries} entries`);
  return fd;
}

/** Submits entries and waits for `wait` completions; -errno when it could not. */
export function enterRing(fd: number, submit: number, wait: number, flags: number): number {
  const result = bound().enter(ENTER, fd, submit, wait, flags, 0, 0);
  return result < 0 ? -errno() : result;
}

/** Registers something with a ring. `argument` is the structure that goes with it. Throws OsError. */
export function registerWithRing(
  fd: number,
  operation: number,
  argument: Uint8Array | null,
  count: number,
): void {
  const result = bound().register(REGISTER, fd, operation, argument, count);
  if (result < 0) throw new OsError('io_uring_register', errno(), `operation ${operation}`);
}
