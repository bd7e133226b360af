/** Network interface names and indices. */
import { check, libc } from './libc.ts';

/** Index of an interface by name, asked from the kernel. Throws OsError (ENODEV). */
export function interfaceIndex(name: string): number {
  const index = libc().if_nametoindex(name);
  return index > 0 ? index : check(-1, 'if_nametoindex', name);
}
