/**
 * The open loop itself: requests go out when they are due, not when an answer makes room for them. What is
 * due while every connection waits for its answer goes out as soon as one is free, and its latency has
 * counted since it was due: that is what a user would have felt (no coordinated omission).
 */

/** The connections to the proxy, each with at most one request in flight. Times in milliseconds. */
export interface Wire {
  readonly connections: number;
  now(): number;
  /** Sends the request on that connection, 0 to `connections - 1`. */
  send(connection: number): void;
  /**
   * Waits at most so long and writes the connections whose answer is complete to `ready`; returns how many. Throws
   * an Error when an answer is wrong or a connection closed.
   */
  wait(timeoutMs: number, ready: Int32Array): number;
}

/** By request. */
export interface Times {
  /** From being due to the answer; NaN without one. */
  readonly latencyMs: Float64Array;
  /** From being due, with a connection free, to being sent; NaN when it was not sent. */
  readonly latenessMs: Float64Array;
}

/** Bounds what a wait takes when nothing is due: answers end it anyway. */
const WAIT_MAX_MS = 50;

/**
 * Sends a request at each of the times `due`, which are milliseconds from now and rising; waits
 * `drainMs` after the last for the answers that are missing, and gives them up.
 */
export function generate(due: Float64Array, wire: Wire, drainMs: number): Times {
  const latencyMs = new Float64Array(due.length).fill(Number.NaN);
  const latenessMs = new Float64Array(due.length).fill(Number.NaN);
  const free = Int32Array.from({ length: wire.connections }, (_, index) => index);
  const requestOn = new Int32Array(wire.connections);
  const ready = new Int32Array(wire.connections);
  let freeCount = wire.connections;
  // Since when there has been a free connection: before that nothing could be late.
  let freeSinceMs = 0;
  let next = 0;
  const startMs = wire.now();
  const endMs = (due.at(-1) ?? 0) + drainMs;
  for (;;) {
    let nowMs = wire.now() - startMs;
    while (freeCount > 0 && next < due.length && due[next]! <= nowMs) {
      const connection = free[--freeCount]!;
      requestOn[connection] = next;
      latenessMs[next] = nowMs - Math.max(due[next]!, freeSinceMs);
      wire.send(connection);
      next++;
      nowMs = wire.now() - startMs;
    }
    if ((next === due.length && freeCount === wire.connections) || nowMs > endMs) break;
    const untilDueMs =
      freeCount > 0 && next < due.length ? Math.max(0, due[next]! - nowMs) : WAIT_MAX_MS;
    const count = wire.wait(Math.min(untilDueMs, WAIT_MAX_MS), ready);
    if (count === 0) continue;
    nowMs = wire.now() - startMs;
    if (freeCount === 0) freeSinceMs = nowMs;
    for (let index = 0; index < count; index++) {
      const connection = ready[index]!;
      latencyMs[requestOn[connection]!] = nowMs - due[requestOn[connection]!]!;
      free[freeCount++] = connection;
    }
  }
  return { latencyMs, latenessMs };
}
