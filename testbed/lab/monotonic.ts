/**
 * CLOCK_MONOTONIC in milliseconds with a fraction. Every process on the machine reads the same
 * clock, containers included, so a prober's times and a fault's time can be compared.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
