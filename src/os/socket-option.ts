/** Socket options, with the option's name in the error when the kernel refuses. */
import { check, libc } from './libc.ts';

/** Sets an option whose value is a C `int`. `name` is for the error text only. */
export function setIntOption(
  fd: number,
  level: number,
  option: number,
  value: number,
  name: string,
): void {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  setOption(fd, level, option, bytes, `${name}, ${value}`);
}

/** Sets an option whose value is a structure or a string. `detail` is for the error text only. */
export function setOption(
  fd: number,
  level: number,
  option: number,
  value: Uint8Array,
  detail: string,
): void {
  check(libc().setsockopt(fd, level, option, value, value.length), 'setsockopt', detail);
}

/** Reads an option into `value`, as many bytes as fit. `detail` is for the error text only. */
export function getOption(
  fd: number,
  level: number,
  option: number,
  value: Uint8Array,
  detail: string,
): void {
  const length = Uint8Array.of(value.length, 0, 0, 0);
  check(libc().getsockopt(fd, level, option, value, length), 'getsockopt', detail);
}

/** Reads an option whose value is a C `int`. */
export function getIntOption(fd: number, level: number, option: number, name: string): number {
  const value = new Uint8Array(4);
  getOption(fd, level, option, value, name);
  return new DataView(value.buffer).getInt32(0, true);
}
