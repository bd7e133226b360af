/** How fine the kernel's timeouts are. */
import { check, libc } from './libc.ts';

const CLOCK_MONOTONIC_COARSE = 6;
const NANOSECONDS_PER_MS = 1_000_000;

/**
 * One tick of the kernel's clock (a jiffy), ms: 1, 4 or 10, as it was built (CONFIG_HZ). Timeouts of
 * nftables sets count in it. Throws OsError.
 */
export function kernelTickMs(): number {
  const resolution = new Uint8Array(16);
  check(
    libc().clock_getres(CLOCK_MONOTONIC_COARSE, resolution),
    'clock_getres',
    'CLOCK_MONOTONIC_COARSE',
  );
  // `struct timespec`: a tick is less than a second.
  return new DataView(resolution.buffer).getInt32(8, true) / NANOSECONDS_PER_MS;
}
