/**
 * The few system calls of the open-loop generator, bound through koffi: it must leave the origins most of the
 * core that they share, and Node's own sockets would cost it more per request than nginx spends on one.
 */
import { koffi } from '../../../src/os/native.ts';

/** As C has them; negative results are failures, and errno says which. */
export interface SystemCalls {
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Uint8Array): number;
  epoll_pwait2(
    epoll: number,
    events: Uint8Array,
    eventsMax: number,
    timeout: Uint8Array,
    mask: null,
  ): number;
  send(fd: number, data: Uint8Array, length: number, flags: number): number;
  recv(fd: number, data: Uint8Array, length: number, flags: number): number;
}

const PROTOTYPES: Record<keyof SystemCalls, string> = {
  epoll_create1: 'int epoll_create1(int flags)',
  epoll_ctl: 'int epoll_ctl(int epoll, int operation, int fd, void *event)',
  epoll_pwait2:
    'int epoll_pwait2(int epoll, void *events, int eventsMax, const void *timeout, const void *mask)',
  send: 'int64_t send(int fd, const void *data, size_t length, int flags)',
  recv: 'int64_t recv(int fd, void *data, size_t length, int flags)',
};

/** Binds them. Throws an Error where koffi or a call is missing (glibc older than 2.35). */
export function systemCalls(): SystemCalls {
  const library = koffi().load(null);
  const bound = Object.entries(PROTOTYPES).map(([name, prototype]) => [
    name,
    library.func(prototype),
  ]);
  return Object.fromEntries(bound) as SystemCalls;
}

/** struct epoll_event: packed on x86-64 only. */
const PACKED = process.arch === 'x64';
export const epollEvent = {
  bytes: PACKED ? 12 : 16,
  /** Where the 32 low bits of `data` are. */
  dataAt: PACKED ? 4 : 8,
} as const;

export const EPOLL_CTL_ADD = 1;
export const EPOLLIN = 1;
export const MSG_NOSIGNAL = 0x4000;
