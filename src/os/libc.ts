/**
 * The C library's functions that Node does not offer, bound once through koffi. Everything here is
 * raw: results are what C returns. `check` turns a failure into an OsError; the files beside this
 * one give each group of calls a typed form.
 */
import { OsError } from './errors.ts';
import { koffi } from './native.ts';

type Bytes = Uint8Array | null;

/** Signatures as C has them; an `int64_t` result stands for ssize_t, which koffi does not know. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  listen(fd: number, backlog: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  close(fd: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Bytes, length: Uint8Array): number;
  sendto(
    fd: number,
    data: Uint8Array,
    length: number,
    flags: number,
    address: Bytes,
    addressLength: number,
  ): number;
  sendmsg(fd: number, header: Uint8Array, flags: number): number;
  recvmsg(fd: number, header: Uint8Array, flags: number): number;
  if_nametoindex(name: string): number;
  clock_getres(clock: number, resolution: Uint8Array): number;
  timerfd_create(clock: number, flags: number): number;
  timerfd_settime(fd: number, flags: number, value: Uint8Array, before: Bytes): number;
  poll(descriptors: Uint8Array, count: number, timeoutMs: number): number;
  _exit(status: number): void;
  read(fd: number, data: Uint8Array, length: number): number;
  flock(fd: number, operation: number): number;
  prctl(option: number, a: number, b: number, c: number, d: number): number;
  mlock2(address: bigint, length: bigint, flags: number): number;
  sched_setscheduler(pid: number, policy: number, param: Uint8Array): number;
  syscall(call: number, pid: number, data: Uint8Array, size: number, flags: number): number;
  accept4(fd: number, address: Bytes, length: Bytes, flags: number): number;
  getpeername(fd: number, address: Uint8Array, length: Uint8Array): number;
  shutdown(fd: number, how: number): number;
  eventfd(initial: number, flags: number): number;
  mmap(
    address: number,
    length: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ): number;
  munmap(address: number, length: number): number;
  adjtimex(state: Uint8Array): number;
}

const PROTOTYPES: Record<keyof Libc, string> = {
  socket: 'int socket(int domain, int type, int protocol)',
  bind: 'int bind(int fd, const void *address, uint32_t length)',
  listen: 'int listen(int fd, int backlog)',
  connect: 'int connect(int fd, const void *address, uint32_t length)',
  close: 'int close(int fd)',
  // Variadic in C; integer arguments travel the same way on x86-64 and AArch64.
  fcntl: 'int fcntl(int fd, int command, long argument)',
  getsockname: 'int getsockname(int fd, void *address, void *length)',
  setsockopt: 'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
  getsockopt: 'int getsockopt(int fd, int level, int name, void *value, void *length)',
  sendto:
    'int64_t sendto(int fd, const void *data, size_t length, int flags, ' +
    'const void *address, uint32_t addressLength)',
  recvmsg: 'int64_t recvmsg(int fd, void *header, int flags)',
  sendmsg: 'int64_t sendmsg(int fd, const void *header, int flags)',
  if_nametoindex: 'unsigned int if_nametoindex(const char *name)',
  clock_getres: 'int clock_getres(int clock, void *resolution)',
  timerfd_create: 'int timerfd_create(int clock, int flags)',
  timerfd_settime: 'int timerfd_settime(int fd, int flags, const void *value, void *before)',
  poll: 'int poll(void *descriptors, ulong count, int timeoutMs)',
  _exit: 'void _exit(int status)',
  read: 'int64_t read(int fd, void *data, size_t length)',
  flock: 'int flock(int fd, int operation)',
  prctl: 'int prctl(int option, ulong a, ulong b, ulong c, ulong d)',
  mlock2: 'int mlock2(uint64_t address, uint64_t length, uint32_t flags)',
  sched_setscheduler: 'int sched_setscheduler(int pid, int policy, const void *param)',
  // Variadic in C; for calls on a thread, of which Debian 12's C library does not know.
  syscall: 'long syscall(long call, long pid, void *data, long size, long flags)',
  accept4: 'int accept4(int fd, void *address, void *length, int flags)',
  getpeername: 'int getpeername(int fd, void *address, void *length)',
  shutdown: 'int shutdown(int fd, int how)',
  eventfd: 'int eventfd(unsigned int initial, int flags)',
  // Addresses of user memory have 47 bits (x86-64) or 48, so a number holds them.
  mmap:
    'int64_t mmap(uint64_t address, size_t length, int protection, int flags, int fd, ' +
    'int64_t offset)',
  munmap: 'int munmap(uint64_t address, size_t length)',
  adjtimex: 'int adjtimex(void *state)',
};

let bound: Libc | undefined;

/** The bound functions; the first call loads koffi. */
export function libc(): Libc {
  if (bound === undefined) {
    // A null path is the running program itself, which has the C library in it whatever its name.
    const library = koffi().load(null);
    const functions = Object.entries(PROTOTYPES).map(([name, prototype]) => [
      name,
      library.func(prototype),
    ]);
    bound = Object.fromEntries(functions) as Libc;
  }
  return bound;
}

/**
 * Closes a descriptor on another thread. The kernel waits 8 to 30 ms before a packet socket is gone (until no
 * processor can be handing it a frame), and the agent's loop must not: several routers that
 * resign together would do so one after the other. Nothing can be done about a failure.
 */
export function closeInBackground(fd: number): void {
  const { close } = libc() as unknown as {
    readonly close: { async(fd: number, done: () => void): void };
  };
  close.async(fd, () => {});
}

/** errno of the call just made. Read it before anything else runs. */
export function errno(): number {
  return koffi().errno();
}

/** Passes a result of 0 or more through; a negative one becomes an OsError with the errno. */
export function check(result: number, call: keyof Libc, detail: string): number {
  if (result < 0) {
    throw new OsError(call, errno(), detail);
  }
  return result;
}
