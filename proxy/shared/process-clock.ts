/**
 * Milliseconds since some moment before the process began, the same on all of its threads, never going
 * back. `performance.now()` counts from the start of each thread, so it is no clock to share.
 */
export function processNow(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
